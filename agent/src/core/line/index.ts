export * from "./features.ts";
export * from "./line-machine.ts";
export * from "./line-state.ts";
export * from "./tone-recognition.ts";
