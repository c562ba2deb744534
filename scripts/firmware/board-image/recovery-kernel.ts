import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { BoardImage } from "@tonalite/device-profiles";
import { FirmwareToolError } from "../problem.ts";
import { fetchPinned } from "./inputs.ts";
import { readPins, type Input } from "./pins.ts";
import { epoch, run, toolVersions } from "./tools.ts";

/** Name of the list of Debian packages (pins/) that the kernel of recovery images is compiled from. */
export const kernelSourceList = "recovery-kernel";
/** The package of it. */
export const kernelSourcePackage = "linux-source-6.1";

const common = join(import.meta.dirname, "files/recovery-kernel.config");
// What the bytes of the kernel depend on, besides its source and its settings.
const compilers = new Set(["gcc-12-aarch64-linux-gnu", "binutils-aarch64-linux-gnu"]);
// Nothing of it is compiled.
const leftOut = ["Documentation/[a-z]*", "tools/testing", "drivers/gpu/drm/amd/include"];

/**
 * Compiles the kernel of the recovery image from Debian's source, with nothing in it that the program does not need: Debian's own
 * has 11.6 MB, more than a quarter of an hour of wire at 115,200 baud. What was compiled is kept.
 * @returns the unpacked kernel and what it was made of
 * @throws FirmwareToolError
 */
export function makeRecoveryKernel(
  board: BoardImage,
  symbols: readonly string[],
  cache: string,
  mirror: string | undefined,
): { image: string; inputs: Input[] } {
  const list = readPins(kernelSourceList);
  const inputs = list.packages.filter(({ name }) => name === kernelSourcePackage);
  const config = `${readFileSync(common, "utf8")}${symbols.map((name) => `CONFIG_${name}=y\n`).join("")}`;
  const tools = toolVersions().filter(({ name }) => compilers.has(name));
  const key = JSON.stringify([inputs, config, tools, board.architecture]);
  const image = join(cache, `recovery-kernel-${createHash("sha256").update(key).digest("hex").slice(0, 12)}`);
  if (!existsSync(image)) {
    const { folder } = fetchPinned(cache, [kernelSourcePackage], list, mirror);
    mkdirSync(cache, { recursive: true });
    const work = mkdtempSync(join(cache, "kernel-"));
    try {
      renameSync(compile(join(folder, `usr/src/${kernelSourcePackage}.tar.xz`), work, board, config), image);
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  }
  return { image, inputs };
}

function compile(source: string, work: string, { architecture }: BoardImage, config: string): string {
  const excluded = leftOut.map((path) => `--exclude=${kernelSourcePackage}/${path}`);
  run("tar", ["-xJf", source, "-C", work, excluded]);
  const tree = join(work, kernelSourcePackage);
  const wanted = join(work, "wanted.config");
  writeFileSync(wanted, config);
  const env = {
    ARCH: architecture,
    CROSS_COMPILE: "aarch64-linux-gnu-",
    KCONFIG_ALLCONFIG: wanted,
    // Who compiled it and when is in a kernel's bytes.
    KBUILD_BUILD_TIMESTAMP: new Date(epoch * 1000).toUTCString(),
    KBUILD_BUILD_USER: "tonalite",
    KBUILD_BUILD_HOST: "recovery",
    KBUILD_BUILD_VERSION: "1",
  };
  run("make", ["-s", "-C", tree, "allnoconfig"], { env });
  requireSettings(config, readFileSync(join(tree, ".config"), "utf8"));
  run("make", ["-s", "-C", tree, `-j${availableParallelism()}`, "Image"], { env });
  const image = join(work, "Image");
  copyFileSync(join(tree, `arch/${architecture}/boot/Image`), image);
  return image;
}

/** @throws FirmwareToolError for what this kernel does not have, or not without something else */
export function requireSettings(wanted: string, got: string): void {
  const lines = new Set(got.split("\n"));
  const missing = wanted.split("\n").filter((line) => /^CONFIG_\w+=/.test(line) && !lines.has(line));
  if (missing.length > 0)
    throw new FirmwareToolError(
      `the recovery kernel does not take ${missing.join(", ")}: it may need other settings`,
    );
}
