export { showCallLog } from "./call-log-table.ts";
export { runLineTests } from "./line-tests.ts";
export { showTones } from "./tone-table.ts";
