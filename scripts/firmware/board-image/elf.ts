import { existsSync, realpathSync } from "node:fs";
import { basename, join } from "node:path";
import { FirmwareToolError } from "../problem.ts";
import { run } from "./tools.ts";

const libraryFolders = ["lib/aarch64-linux-gnu", "usr/lib/aarch64-linux-gnu", "lib", "usr/lib"];

/** A shared library that a program needs: its name, and the file in the package tree. */
export type Library = { name: string; file: string };

/**
 * The shared libraries that programs need, those of the libraries included. Found by reading the files: nothing is run.
 * @throws FirmwareToolError when one is in no package of the tree
 */
export function libraryClosure(tree: string, programs: readonly string[]): Library[] {
  const found = new Map<string, Library>();
  const visit = (program: string): void => {
    for (const name of neededBy(program)) {
      if (found.has(name)) continue;
      const place = libraryFolders.map((folder) => join(tree, folder, name)).find((path) => existsSync(path));
      if (place === undefined)
        throw new FirmwareToolError(`${basename(program)} needs ${name}, which no package of the image has`);
      const file = realpathSync(place);
      found.set(name, { name, file });
      visit(file);
    }
  };
  for (const program of programs) visit(program);
  return [...found.values()].toSorted((left, right) => (left.name < right.name ? -1 : 1));
}

function neededBy(file: string): string[] {
  const text = run("readelf", ["-d", "-l", file]);
  const interpreter = /program interpreter: (\S+)\]/.exec(text)?.[1];
  const libraries = [...text.matchAll(/\(NEEDED\).*\[(.+)\]/g)].map((match) => match[1] ?? "");
  return [...libraries, ...(interpreter === undefined ? [] : [basename(interpreter)])];
}
