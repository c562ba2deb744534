import type { BoardConsole } from "../console/console.ts";
import { FlashError } from "../problem.ts";
import { parseAssignments, type Environment } from "./environment.ts";

/** How a board is told by its U-Boot, and how that writes its disk. */
export type BoardKind = {
  /** id of its hardware profile */
  profile: string;
  name: string;
  /** variables of U-Boot's environment that all must have these values */
  told: Environment;
  /** command that finds the disk, then the disk as `part` and `gzwrite` name it */
  scan: string;
  disk: { interface: string; device: number };
  /** partition with the boot state, by name */
  environment: string;
};

/** Every board that can be flashed; another is one entry more. */
export const boardKinds: readonly BoardKind[] = [
  {
    profile: "qemu/virt-arm64",
    name: "QEMU virt ATA",
    told: { board: "qemu-arm", arch: "arm", cpu: "armv8" },
    scan: "virtio scan",
    disk: { interface: "virtio", device: 0 },
    environment: "env",
  },
];

/** A board as found on the line. */
export type Board = {
  kind: BoardKind;
  /** U-Boot's version line; empty when it was not heard */
  banner: string;
  serial: string | undefined;
  mac: string | undefined;
  diskBytes: number;
  /** where in RAM data may be put, for `loady` and for reading back */
  staging: number;
  readBack: number;
};

const readBackDistance = 32 * 1024 * 1024;

/**
 * Asks the board at its prompt what it is, and for its disk.
 * @throws FlashError `BOARD_UNKNOWN`, `BOARD_INCAPABLE`
 */
export async function identifyBoard(console: BoardConsole): Promise<Board> {
  const variables = parseAssignments((await console.must("printenv")).split("\n"));
  // A board that the factory set up says its profile; U-Boot as it comes says what it was compiled for.
  const kind =
    boardKinds.find(({ profile }) => variables["profile"] === profile) ??
    boardKinds.find(({ told }) => Object.entries(told).every(([name, value]) => variables[name] === value));
  if (!kind)
    throw new FlashError("BOARD_UNKNOWN", {
      board: variables["profile"] ?? variables["board"] ?? variables["board_name"] ?? "?",
    });
  const { interface: bus, device } = kind.disk;
  // A bus without a disk fails in its own way; what counts is whether the disk shows afterwards.
  await console.run({ line: kind.scan, ms: 30_000 });
  await console.run({ line: `${bus} device ${device}`, ms: 10_000 });
  const info = await console.run({ line: `${bus} info`, ms: 10_000 });
  const sectors = /\((\d+) x 512\)/.exec(info.text)?.[1];
  if (sectors === undefined) throw new FlashError("BOARD_INCAPABLE", { missing: `${bus} ${device}` });
  for (const command of ["loady", "gzwrite", "crc32"])
    // The help of a command that exists has no success of its own.
    if (!(await console.run({ line: `help ${command}`, ms: 5_000 })).text.startsWith(`${command} - `))
      throw new FlashError("BOARD_INCAPABLE", { missing: command });
  const staging = Number(variables["loadaddr"] ?? variables["kernel_addr_r"]);
  if (!Number.isSafeInteger(staging)) throw new FlashError("BOARD_INCAPABLE", { missing: "loadaddr" });
  return {
    kind,
    // A board that was at its prompt already did not introduce itself.
    banner: console.banner === "" ? firstLine(await console.must("version")) : console.banner,
    serial: variables["serial#"],
    mac: variables["ethaddr"],
    diskBytes: Number(sectors) * 512,
    staging,
    readBack: staging + readBackDistance,
  };
}

function firstLine(text: string): string {
  return text.split("\n")[0] ?? "";
}
