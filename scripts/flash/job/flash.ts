import type { BoardConsole } from "../console/console.ts";
import type { FileServer } from "../network/server.ts";
import { FlashError, type FlashCode } from "../problem.ts";
import { identifyBoard, type Board, type BoardKind } from "./board.ts";
import type { Way } from "./carrier.ts";
import { bytesToSend, compareDisk, verifyDisk, writeDisk } from "./disk.ts";
import type { Environment } from "./environment.ts";
import { finishImage, settleFactory, type Factory } from "./factory.ts";
import type { BoardIdentity } from "./identity.ts";
import { planWork } from "./plan.ts";
import type { Recovery, RecoveryResult } from "./recovery.ts";
import { chooseWay, type Chosen, type OpenWays } from "./ways.ts";

export type Stage = "seek" | "identify" | "survey" | "backup" | "compare" | "recovery" | "write" | "verify";

/** How long a way would take; `bytesPerSecond` was seen (network) or follows from the line's speed. */
export type Estimate = { way: Way; bytesPerSecond: number; seconds: number };

/** What happens, for a display: `done` of `total` in bytes of the wire (`write`) or of the image (the others). */
export type FlashProgress =
  | { type: "stage"; stage: Stage }
  | { type: "board"; board: Board; identity: BoardIdentity | undefined }
  | { type: "ways"; bytes: number; chosen: Way; estimates: Estimate[] }
  /** a way that was tried and is not there */
  | { type: "way-failed"; way: Way | "fast-serial"; code: FlashCode; details: FlashError["details"] }
  /** how much of the disk must be read for a backup, and how long that takes */
  | { type: "backup"; bytes: number; diskBytes: number; seconds: number }
  | { type: "amount"; stage: Stage; done: number; total: number }
  | { type: "again"; code: FlashCode };

/** How the bytes may travel. */
export type Ways = {
  way: Way | "auto";
  /** starts the server of files when it is needed */
  server?: () => Promise<FileServer>;
  /** the board's address where no DHCP gives it one */
  boardAddress?: string;
  /** speed that the console is raised to for the bulk; the same or less: it stays */
  fastBaud?: number;
  /** what is started on the board to take the bulk, where there is such an image for it */
  recovery?: Recovery;
};

export type FlashOrder = {
  image: Uint8Array;
  /** the boards that the tool knows */
  kinds: readonly BoardKind[];
  /** ids of the profiles the image is for; undefined: any board that is known */
  hardware?: readonly string[];
  /** the image's security floor, where it has a signature that says so */
  securityFloor?: number;
  /** takes an image below the board's security floor; the board keeps its floor, and takes no such update */
  allowDowngrade?: boolean;
  /**
   * The content of the image's factory partition, asked for once, when it is known which board this is. Undefined, or no
   * such function: the board keeps the identity it has. An image without that partition is refused then.
   */
  identity?: (board: Board, present: BoardIdentity | undefined) => Promise<Uint8Array | undefined>;
  /**
   * The image is a backup of this box, and written as it is: with its identity and boot state. Another box's is refused;
   * `allowed` takes it.
   */
  backupOf?: { serial: string | null; allowed: boolean };
  /** told what identity the board has, before anything is written */
  backup?: (board: Board, present: BoardIdentity) => void;
  /** written to the boot-state sector where the image has that partition */
  bootState?: Environment;
  ways?: Ways;
  /** compares only */
  dryRun?: boolean;
  /** how often a failure of the line is taken up again */
  attempts?: number;
};

export type FlashResult = {
  board: Board;
  /** bits per second of the console before it was raised */
  baudRate: number;
  imageBytes: number;
  /** bytes of the image that differed, and what went over the wire for them */
  changedBytes: number;
  sentBytes: number;
  /** absent when nothing was to be sent */
  way?: Way;
  /** hexadecimal CRC-32 of the disk's content, as the board read it back; as many parts as the board read */
  verified: string[];
  /** `fresh`: both slots have all their tries (or what the order says) */
  bootState: "fresh" | "restored" | "no-partition";
  identity: "written" | "kept" | "restored" | "none" | "no-partition";
  repeatedBlocks: number;
  attempts: number;
  /** the board starts from its disk already, and is at no prompt */
  started: boolean;
};

/** Failures after which the same board may simply be tried again. */
const passing: ReadonlySet<FlashCode> = new Set([
  "TRANSFER_FAILED",
  "BOARD_RESTARTED",
  "COMMAND_TIMEOUT",
  "COMMAND_FAILED",
  "LINE_NOISY",
  "RECOVERY_SILENT",
]);

/**
 * Whether the same board may simply be tried again after a failure. At a raised speed silence is one of these too: the
 * board may have lost its power, and speak at its first speed again.
 */
export function passes({ code }: FlashError, raised: boolean): boolean {
  return passing.has(code) || (raised && (code === "NO_ANSWER" || code === "WRONG_BAUD"));
}

/** What is settled in the first attempt and holds for those after it. */
type Settled = OpenWays & {
  factory?: Factory;
  finished?: ReturnType<typeof finishImage>;
  slow?: number;
};

/**
 * Makes the board's disk equal to the image: finds the prompt, compares, writes what differs and reads it back. May be
 * ended anywhere and begun again: what is there already is not sent twice.
 * @throws FlashError
 */
export async function flashBoard(
  console: BoardConsole,
  order: FlashOrder,
  tell: (progress: FlashProgress) => void = () => undefined,
): Promise<FlashResult> {
  const allowed = order.attempts ?? 5;
  const settled: Settled = {
    fastBaud: order.ways?.fastBaud ?? 0,
    network: order.ways !== undefined && order.ways.way !== "serial",
    recovery: true,
  };
  for (let attempt = 1; ; attempt += 1)
    try {
      return { ...(await attemptFlash(console, order, settled, tell)), attempts: attempt };
    } catch (error) {
      const { slow = console.baudRate } = settled;
      const raised = console.baudRate !== slow;
      if (!(error instanceof FlashError) || attempt >= allowed) throw error;
      if (!passes(error, raised) && !dropRecovery(order, settled, tell, error)) throw error;
      tell({ type: "again", code: error.code });
      if (raised) await slowDown(console, slow, settled, tell, error);
    }
}

// What failed at a high speed is not tried there again: the board is sought at both, and power brings it to the low one.
async function slowDown(
  console: BoardConsole,
  slow: number,
  settled: Settled,
  tell: (progress: FlashProgress) => void,
  { code, details }: FlashError,
): Promise<void> {
  settled.fastBaud = 0;
  tell({ type: "way-failed", way: "fast-serial", code, details });
  await console.returnToSpeed(slow);
}

// Where another way is left, an image that does not start is no reason to give up.
function dropRecovery(
  { ways }: FlashOrder,
  settled: Settled,
  tell: (progress: FlashProgress) => void,
  { code, details }: FlashError,
): boolean {
  if (code !== "RECOVERY_REFUSED" || ways?.way === "recovery") return false;
  settled.recovery = false;
  tell({ type: "way-failed", way: "recovery", code, details });
  return true;
}

async function attemptFlash(
  console: BoardConsole,
  order: FlashOrder,
  settled: Settled,
  tell: (progress: FlashProgress) => void,
): Promise<Omit<FlashResult, "attempts">> {
  tell({ type: "stage", stage: "seek" });
  await console.seek();
  const slow = (settled.slow ??= console.baudRate);
  tell({ type: "stage", stage: "identify" });
  const board = await identifyBoard(console, order.kinds, order.hardware);
  if (order.hardware && !order.hardware.includes(board.kind.profile))
    throw new FlashError("IMAGE_FOREIGN", { image: order.hardware.join(", "), board: board.kind.profile });
  if (order.image.length > board.diskBytes)
    throw new FlashError("DISK_TOO_SMALL", { image: order.image.length, disk: board.diskBytes });

  settled.factory ??= await settleFactory(console, order, board, tell);
  const { image, bootState } = (settled.finished ??= finishImage(order, settled.factory));
  const changed = await compareDisk(console, board, image, tell);
  const changedBytes = changed.reduce((sum, window) => sum + window.length, 0);
  const identity = settled.factory.how;
  const base = {
    board,
    baudRate: slow,
    imageBytes: image.length,
    changedBytes,
    bootState,
    identity,
  } as const;
  if (order.dryRun === true)
    return { ...base, sentBytes: 0, verified: [], repeatedBlocks: console.repeats, started: false };
  const work = planWork(image, changed);
  const chosen = await chooseWay(console, board, order.ways, settled, bytesToSend(work), tell);
  const { sentBytes, verified, repeats } = await bring(chosen);
  const way = sentBytes > 0 ? { way: chosen.way } : {};
  const started = chosen.way === "recovery";
  return { ...base, ...way, sentBytes, verified, repeatedBlocks: console.repeats + repeats, started };

  async function bring(way: Chosen): Promise<Pick<RecoveryResult, "sentBytes" | "verified" | "repeats">> {
    if (way.way === "recovery")
      return await way.recovery.write({ console, board, image, changed, slow, tell });
    await writeDisk(console, board, way, work, tell);
    const sums = await verifyDisk(console, board, image, tell);
    return { sentBytes: bytesToSend(work), verified: sums, repeats: 0 };
  }
}
