import { existsSync } from "node:fs";
import { join } from "node:path";
import type { EngineLibrary } from "./library.ts";
import { signatures } from "./library.ts";

type KoffiFunction = (...args: (number | Buffer | null)[]) => number;
type Koffi = {
  load(path: string): { func(name: string, result: string, args: string[]): KoffiFunction };
};
const types = { i32: "int32_t", u32: "uint32_t", pointer: "void *" } as const;

/** The default adapter. Loaded on demand: whoever picks the other one does not pay for this. */
export function loadWithKoffi(path: string): EngineLibrary {
  const library = loadKoffi().load(path);
  const entries = Object.entries(signatures).map(([name, signature]) => [
    name,
    library.func(
      name,
      types[signature.result],
      signature.arguments.map((argument) => types[argument]),
    ),
  ]);
  return Object.fromEntries(entries) as EngineLibrary;
}

// An image has the bare addon beside the agent, and does without Node's loader of packages.
function loadKoffi(): Koffi {
  const addon = join(import.meta.dirname, "koffi.node");
  if (!existsSync(addon)) {
    const { createRequire } = process.getBuiltinModule("node:module");
    return createRequire(import.meta.url)("koffi") as Koffi;
  }
  const loaded = { exports: {} as Koffi };
  process.dlopen(loaded, addon);
  return loaded.exports;
}
