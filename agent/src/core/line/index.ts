export * from "./line-machine.ts";
export * from "./line-state.ts";
