import { createRequire } from "node:module";
import type { EngineLibrary } from "./library.ts";
import { signatures } from "./library.ts";

type FfiNapi = { Library(path: string, functions: Record<string, [string, string[]]>): EngineLibrary };
const types = { i32: "int32", u32: "uint32", pointer: "pointer" } as const;

/** The second adapter, on the maintained fork of node-ffi-napi; an optional dependency. */
export function loadWithFfiNapi(path: string): EngineLibrary {
  const ffi = createRequire(import.meta.url)("@2060.io/ffi-napi") as FfiNapi;
  const functions = Object.entries(signatures).map(([name, signature]): [string, [string, string[]]] => [
    name,
    [types[signature.result], signature.arguments.map((argument) => types[argument])],
  ]);
  return ffi.Library(path, Object.fromEntries(functions));
}
