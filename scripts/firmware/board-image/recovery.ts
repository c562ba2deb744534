import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BoardImage } from "@tonalite/device-profiles";
import { FirmwareToolError } from "../problem.ts";
import { makeFlash, packageNames } from "./build.ts";
import { encodeCpio } from "./cpio.ts";
import { kernelSource, makeControlTree, signFit } from "./fit.ts";
import { fetchPinned } from "./inputs.ts";
import { requireBootKeys } from "./keys.ts";
import { strip } from "./native.ts";
import { readPins, type Input } from "./pins.ts";
import { boardOf, dumpDeviceTree } from "./qemu.ts";
import { makeRecoveryKernel } from "./recovery-kernel.ts";
import { run, sha256File } from "./tools.ts";

export type RecoveryOrder = {
  /** id of a hardware profile that has `image.recovery` */
  board: string;
  /** folder with the boot keys: a board believes what its slots are signed with */
  keys: string;
  out: string;
  /** where fetched packages and the compiled kernel are kept */
  cache: string;
  mirror?: string | undefined;
  progress?: (step: string) => void;
};

/** Sizes in bytes, as they go over the wire. */
export type RecoveryReport = {
  board: string;
  sizes: { fit: number; kernel: number; initramfs: number };
  sha256: string;
  inputs: Input[];
};

const sources = join(import.meta.dirname, "recovery");

/**
 * Builds a board's recovery image: a FIT, signed as its slots are, of a small kernel and the program that takes a disk over the serial
 * console (docs/decisions/025-recovery-image.md). Equal inputs give equal bytes.
 * @throws FirmwareToolError
 */
export function buildRecoveryImage(order: RecoveryOrder): RecoveryReport {
  const { board: id, out, cache, keys, mirror, progress = () => undefined } = order;
  const board = boardOf(id);
  const symbols = board.recovery?.kernel;
  if (!symbols)
    throw new FirmwareToolError(
      `the profile ${id} does not say what a recovery image needs (image.recovery)`,
    );
  requireBootKeys(keys);
  progress("Debian packages");
  const { folder: tree, packages } = fetchPinned(cache, packageNames(board), readPins(id), mirror);
  progress("kernel, compiled once (some minutes)");
  const kernel = makeRecoveryKernel(board, symbols, cache, mirror);
  progress("program, signed image");
  const work = mkdtempSync(join(tmpdir(), "tonalite-recovery-"));
  try {
    const parts = {
      kernel: join(work, "kernel.lzma"),
      initramfs: join(work, "initramfs.lzma"),
      deviceTree: join(work, "board.dtb"),
    };
    copyFileSync(kernel.image, join(work, "kernel"));
    squeeze(join(work, "kernel"));
    writeFileSync(join(work, "initramfs"), initramfs(id, board, compile(tree, work)));
    squeeze(join(work, "initramfs"));
    makeFlash(id, board, tree, work, work);
    dumpDeviceTree(board, work, `${parts.deviceTree}.padded`);
    // QEMU leaves a megabyte of room in it.
    run("dtc", ["-q", "-I", "dtb", "-O", "dtb", "-o", parts.deviceTree, `${parts.deviceTree}.padded`]);
    // mkimage leaves the public keys in a device tree; no board sees this one.
    makeControlTree(parts.deviceTree, join(work, "control.dtb"));
    const fit = join(work, "recovery.fit");
    signFit(kernelSource(board, parts, `recovery ${id}`, "lzma"), fit, keys, join(work, "control.dtb"));
    copyFileSync(fit, out);
    const size = (file: string): number => statSync(file).size;
    return {
      board: id,
      sizes: { fit: size(fit), kernel: size(parts.kernel), initramfs: size(parts.initramfs) },
      sha256: sha256File(fit),
      inputs: [...packages, ...kernel.inputs],
    };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function compile(tree: string, work: string): Buffer {
  const build = join(work, "program");
  run("make", ["-s", "-C", sources, `BUILD=${build}`, `CC=aarch64-linux-gnu-gcc --sysroot=${tree}`]);
  const program = join(work, "init");
  strip(join(build, "init"), program);
  return readFileSync(program);
}

function initramfs(id: string, { console, disk }: BoardImage, program: Buffer): Buffer {
  return encodeCpio([
    { path: "dev", kind: "folder" },
    { path: "dev/console", kind: "character-device", major: 5, minor: 1 },
    { path: "init", kind: "file", bytes: program, executable: true },
    {
      path: "board",
      kind: "file",
      bytes: Buffer.from(`${id}\n/dev/${console}\n${disk}\n`),
      executable: false,
    },
  ]);
}

// The best packing that U-Boot and the kernel both unpack; it names no time.
function squeeze(file: string): void {
  run("xz", ["--format=lzma", "-9e", "--threads=1", file]);
}
