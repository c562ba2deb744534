import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { run } from "./tools.ts";

const sources = join(import.meta.dirname, "../../../agent/native");

/** What the agent brings along that is compiled for the board, stripped. */
export type NativeParts = { engine: string; probe: string };

/**
 * Compiles the voice engine and the network probe for the board with Debian's cross compiler, against the headers and
 * libraries of the tree.
 * @throws FirmwareToolError
 */
export function crossCompile(tree: string, work: string): NativeParts {
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
      `${build}/tonalite-probe`,
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
  const parts = { engine: join(work, "libtonalite.so"), probe: join(work, "tonalite-probe") };
  strip(join(build, "libtonalite.so"), parts.engine);
  strip(join(build, "tonalite-probe"), parts.probe);
  return parts;
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
