import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { run } from "./tools.ts";

const sources = join(import.meta.dirname, "../../../agent/native");

/**
 * Compiles the voice engine for the board with Debian's cross compiler, against the headers and libraries of the tree.
 * @returns the library, stripped
 * @throws FirmwareToolError
 */
export function crossCompile(tree: string, work: string): string {
  const build = join(work, "native");
  mkdirSync(build, { recursive: true });
  run(
    "make",
    [
      "-s",
      "-C",
      sources,
      `BUILD=${build}`,
      `CC=aarch64-linux-gnu-gcc --sysroot=${tree}`,
      `${build}/libtonalite.so`,
    ],
    {
      env: {
        PKG_CONFIG_SYSROOT_DIR: tree,
        PKG_CONFIG_LIBDIR: [
          join(tree, "usr/lib/aarch64-linux-gnu/pkgconfig"),
          join(tree, "usr/share/pkgconfig"),
        ].join(":"),
      },
    },
  );
  const stripped = join(work, "libtonalite.so");
  strip(join(build, "libtonalite.so"), stripped);
  return stripped;
}

/** Without what only debuggers read; the build id is a hash over that too, and would carry folder names into the image. */
export function strip(from: string, to: string): void {
  run("aarch64-linux-gnu-strip", [
    "--strip-unneeded",
    "-R",
    ".note.gnu.build-id",
    "-R",
    ".comment",
    "-o",
    to,
    from,
  ]);
}
