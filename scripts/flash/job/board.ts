import type { HardwareProfile } from "@tonalite/device-profiles";
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
  /** where in RAM data may be put; the environment of a board in need may say anything */
  memory: number;
};

/** The boards of these profiles that can be flashed: those that images are made for. */
export function boardKindsOf(profiles: Iterable<HardwareProfile>): BoardKind[] {
  return [...profiles].flatMap(({ id, modelName, image }) => {
    if (!image) return [];
    const { addresses, disk, scan, tells } = image.uBoot;
    const [bus = "", device] = disk.split(" ");
    const named = { interface: bus, device: Number(device) };
    const memory = Number(addresses.kernel);
    return [{ profile: id, name: modelName, told: tells, scan, disk: named, memory }];
  });
}

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
 * Asks the board at its prompt what it is, and for its disk. U-Boot as a package has it says the same on boards that differ
 * in their disk only: there the disk tells.
 * @param kinds what it may be
 * @param wanted ids of profiles that are looked for first
 * @throws FlashError `BOARD_UNKNOWN`, `BOARD_INCAPABLE`
 */
export async function identifyBoard(
  console: BoardConsole,
  kinds: readonly BoardKind[],
  wanted: readonly string[] = [],
): Promise<Board> {
  const variables = parseAssignments((await console.must("printenv")).split("\n"));
  const rank = ({ profile }: BoardKind): number =>
    Number(profile === variables["profile"]) * 2 + Number(wanted.includes(profile));
  const candidates = candidatesFor(variables, kinds).toSorted((one, other) => rank(other) - rank(one));
  if (candidates.length === 0)
    throw new FlashError("BOARD_UNKNOWN", {
      board: variables["profile"] ?? variables["board"] ?? variables["board_name"] ?? "?",
    });
  const found = await findDisk(console, candidates);
  if (!found) {
    const disks = candidates.map(({ disk }) => `${disk.interface} ${disk.device}`);
    throw new FlashError("BOARD_INCAPABLE", { missing: disks.join(" / ") });
  }
  const { kind, sectors } = found;
  for (const command of ["loady", "gzwrite", "crc32"])
    // The help of a command that exists has no success of its own.
    if (!(await console.run({ line: `help ${command}`, ms: 5_000 })).text.startsWith(`${command} - `))
      throw new FlashError("BOARD_INCAPABLE", { missing: command });
  return {
    kind,
    // A board that was at its prompt already did not introduce itself.
    banner: console.banner === "" ? firstLine(await console.must("version")) : console.banner,
    serial: variables["serial#"],
    mac: variables["ethaddr"],
    diskBytes: sectors * 512,
    staging: kind.memory,
    readBack: kind.memory + readBackDistance,
  };
}

// A board that the factory set up says its profile; U-Boot as it comes says what it was compiled for. An environment that
// was written by mistake may say the wrong one of two such boards.
function candidatesFor(variables: Environment, kinds: readonly BoardKind[]): BoardKind[] {
  return kinds.filter(
    ({ profile, told }) =>
      profile === variables["profile"] ||
      Object.entries(told).every(([name, value]) => variables[name] === value),
  );
}

async function findDisk(
  console: BoardConsole,
  kinds: readonly BoardKind[],
): Promise<{ kind: BoardKind; sectors: number } | undefined> {
  for (const kind of kinds) {
    const { interface: bus, device } = kind.disk;
    // A bus without a disk fails in its own way; what counts is whether the disk shows afterwards.
    await console.run({ line: kind.scan, ms: 30_000 });
    await console.run({ line: `${bus} device ${device}`, ms: 10_000 });
    const info = await console.run({ line: `${bus} info`, ms: 10_000 });
    const sectors = /\((\d+) x 512\)/.exec(info.text)?.[1];
    if (sectors !== undefined) return { kind, sectors: Number(sectors) };
  }
  return undefined;
}

function firstLine(text: string): string {
  return text.split("\n")[0] ?? "";
}
