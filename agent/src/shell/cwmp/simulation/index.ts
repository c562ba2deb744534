/** CWMP sessions over a wire that is cut: what `npm run faults -- cwmp` runs. */
export type { Cut } from "./cut-relay.ts";
export { type CutLife, judgeCut, liveThroughCut } from "./cut-session.ts";
