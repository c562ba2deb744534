import { readFileSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { FirmwareToolError } from "../problem.ts";

/** Debian's kernel in a package tree. */
export type Kernel = { version: string; image: string };

/** @throws FirmwareToolError when there is not exactly one */
export function findKernel(tree: string): Kernel {
  const [name, ...others] = readdirSync(join(tree, "boot")).filter((file) => file.startsWith("vmlinuz-"));
  if (name === undefined || others.length > 0)
    throw new FirmwareToolError(
      `there must be one kernel among the packages, not ${others.length + (name ? 1 : 0)}`,
    );
  return { version: name.slice("vmlinuz-".length), image: join(tree, "boot", name) };
}

// The kernel takes - and _ for the same in a module's name.
const canonical = (name: string): string => name.replaceAll("-", "_");

/**
 * Files of kernel modules, each after what it needs. What is built into the kernel is left out.
 * @throws FirmwareToolError for a module that this kernel has not
 */
export function moduleClosure(tree: string, kernel: Kernel, names: readonly string[]): string[] {
  const folder = join(tree, "lib/modules", kernel.version);
  const files = new Map(
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ko"))
      .map((path) => [canonical(basename(path, ".ko")), join(folder, path)]),
  );
  const builtIn = new Set(
    readFileSync(join(folder, "modules.builtin"), "utf8")
      .split("\n")
      .map((path) => canonical(basename(path, ".ko"))),
  );
  const order: string[] = [];
  const visit = (name: string): void => {
    const file = files.get(canonical(name));
    if (file === undefined) {
      if (builtIn.has(canonical(name))) return;
      throw new FirmwareToolError(`kernel ${kernel.version} has no module ${name}`);
    }
    if (order.includes(file)) return;
    for (const needed of dependenciesOf(file)) visit(needed);
    order.push(file);
  };
  for (const name of names) visit(name);
  return order;
}

// From the section .modinfo, strings that end in NUL. Soft dependencies are left to the board's profile: they name
// algorithms (crc32c), not modules.
function dependenciesOf(file: string): string[] {
  const text = readFileSync(file, "latin1");
  const list = /\0depends=([^\0]*)\0/.exec(text)?.[1] ?? "";
  return list.split(",").filter((name) => name !== "");
}
