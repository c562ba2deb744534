export { loadEngineLibrary, openEngine } from "./engine.ts";
export { adapters } from "./library.ts";
export type { Adapter, EngineLibrary } from "./library.ts";
