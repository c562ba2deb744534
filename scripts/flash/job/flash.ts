import { crc32 } from "node:zlib";
import type { BoardConsole } from "../console/console.ts";
import { FlashError, type FlashCode } from "../problem.ts";
import { identifyBoard, type Board } from "./board.ts";
import { encodeEnvironment, freshBootState, type Environment } from "./environment.ts";
import { partitionStart } from "./partitions.ts";
import { checksum, planWork, spans, windowSize, type Span, type Work } from "./plan.ts";

export type Stage = "seek" | "identify" | "compare" | "write" | "verify";

/** What happens, for a display: `done` of `total` in bytes of the wire (`write`) or of the image (the others). */
export type FlashProgress =
  | { type: "stage"; stage: Stage }
  | { type: "board"; board: Board }
  | { type: "amount"; stage: Stage; done: number; total: number }
  | { type: "again"; code: FlashCode };

export type FlashOrder = {
  image: Uint8Array;
  /** id of the profile the image is for; undefined: any board that is known */
  hardware?: string;
  /** written to the boot-state sector where the image has that partition */
  bootState?: Environment;
  /** compares only */
  dryRun?: boolean;
  /** how often a failure of the line is taken up again */
  attempts?: number;
};

export type FlashResult = {
  board: Board;
  imageBytes: number;
  /** bytes of the image that differed, and what went over the wire for them */
  changedBytes: number;
  sentBytes: number;
  /** hexadecimal CRC-32 of the disk's content, as the board read it back; as many parts as the board read */
  verified: string[];
  /** `fresh`: both slots have all their tries (or what the order says) */
  bootState: "fresh" | "no-partition";
  repeatedBlocks: number;
  attempts: number;
};

const mebibyte = 1024 * 1024;

/** Failures after which the same board may simply be tried again. */
const passing: ReadonlySet<FlashCode> = new Set([
  "TRANSFER_FAILED",
  "BOARD_RESTARTED",
  "COMMAND_TIMEOUT",
  "COMMAND_FAILED",
  "LINE_NOISY",
]);

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
  for (let attempt = 1; ; attempt += 1)
    try {
      return { ...(await attemptFlash(console, order, tell)), attempts: attempt };
    } catch (error) {
      if (!(error instanceof FlashError) || !passing.has(error.code) || attempt >= allowed) throw error;
      tell({ type: "again", code: error.code });
    }
}

async function attemptFlash(
  console: BoardConsole,
  order: FlashOrder,
  tell: (progress: FlashProgress) => void,
): Promise<Omit<FlashResult, "attempts">> {
  tell({ type: "stage", stage: "seek" });
  await console.seek();
  tell({ type: "stage", stage: "identify" });
  const board = await identifyBoard(console);
  tell({ type: "board", board });
  if (order.hardware !== undefined && order.hardware !== board.kind.profile)
    throw new FlashError("IMAGE_FOREIGN", { image: order.hardware, board: board.kind.profile });
  if (order.image.length > board.diskBytes)
    throw new FlashError("DISK_TOO_SMALL", { image: order.image.length, disk: board.diskBytes });

  const stated = withBootState(order, board.kind);
  const image = stated ?? order.image;
  const bootState = stated ? "fresh" : "no-partition";
  const changed = await compare(console, board, image, tell);
  const changedBytes = changed.reduce((sum, window) => sum + window.length, 0);
  const base = { board, imageBytes: image.length, changedBytes, bootState } as const;
  if (order.dryRun === true) return { ...base, sentBytes: 0, verified: [], repeatedBlocks: console.repeats };
  const sentBytes = await write(console, board, planWork(image, changed), tell);
  const verified = await verify(console, board, image, tell);
  return { ...base, sentBytes, verified, repeatedBlocks: console.repeats };
}

async function compare(
  console: BoardConsole,
  board: Board,
  image: Uint8Array,
  tell: (progress: FlashProgress) => void,
): Promise<Span[]> {
  tell({ type: "stage", stage: "compare" });
  const changed: Span[] = [];
  for (const coarse of spans(image.length, 64 * windowSize)) {
    // Most of a disk that was flashed before, or is blank where the image is, is right at the first look.
    if ((await checksumOnBoard(console, board, coarse)) !== checksum(image, coarse))
      for (const fine of spans(coarse.length, windowSize)) {
        const window = { offset: coarse.offset + fine.offset, length: fine.length };
        if ((await checksumOnBoard(console, board, window)) !== checksum(image, window)) changed.push(window);
      }
    const done = coarse.offset + coarse.length;
    tell({ type: "amount", stage: "compare", done, total: image.length });
  }
  return changed;
}

async function write(
  console: BoardConsole,
  board: Board,
  work: readonly Work[],
  tell: (progress: FlashProgress) => void,
): Promise<number> {
  tell({ type: "stage", stage: "write" });
  const total = work.reduce((sum, piece) => sum + (piece.how === "parcel" ? piece.parcel.length : 0), 0);
  let done = 0;
  for (const piece of work) {
    if (piece.how === "zero") await clear(console, board, piece);
    else {
      await sendParcel(console, board, piece, (sent) =>
        tell({ type: "amount", stage: "write", done: done + sent, total }),
      );
      done += piece.parcel.length;
    }
  }
  return done;
}

async function sendParcel(
  console: BoardConsole,
  board: Board,
  { offset, length, parcel }: Span & { parcel: Buffer },
  progress: (sent: number) => void,
): Promise<void> {
  const { interface: bus, device } = board.kind.disk;
  const { code, text } = await console.run(
    { line: `loady ${hex(board.staging)}`, ms: 15_000, payload: parcel },
    progress,
  );
  if (code !== 0) throw new FlashError("TRANSFER_FAILED", { cause: text.slice(-100) });
  // Before anything reaches the disk: YMODEM's 16-bit checksums let one damaged block in 65536 pass.
  if ((await checksumInMemory(console, board.staging, parcel.length)) !== crc32(parcel))
    throw new FlashError("TRANSFER_FAILED", { cause: "checksum" });
  const where = `${bus} ${device} ${hex(board.staging)} ${hex(parcel.length)}`;
  await console.must(`gzwrite ${where} ${hex(writeBuffer(length))} ${hex(offset)}`, 120_000);
}

// When the unpacked length is a multiple of the buffer, U-Boot 2023.01 ends with a write of no blocks, on which its virtio
// driver waits for ever. One sector less never divides a run of at most 16 MiB that a mebibyte divides.
function writeBuffer(length: number): number {
  return length % mebibyte === 0 ? mebibyte - 512 : mebibyte;
}

async function clear(console: BoardConsole, board: Board, { offset, length }: Span): Promise<void> {
  await console.must(`mw.b ${hex(board.readBack)} 0 ${hex(length)}`, 60_000);
  await console.must(transfer("write", board, offset, length), 120_000);
}

async function verify(
  console: BoardConsole,
  board: Board,
  image: Uint8Array,
  tell: (progress: FlashProgress) => void,
): Promise<string[]> {
  tell({ type: "stage", stage: "verify" });
  const sums: string[] = [];
  for (const part of spans(image.length, 64 * windowSize)) {
    const sum = await checksumOnBoard(console, board, part);
    if (sum !== checksum(image, part)) throw new FlashError("VERIFY_FAILED", { offset: part.offset });
    sums.push(sum.toString(16).padStart(8, "0"));
    tell({ type: "amount", stage: "verify", done: part.offset + part.length, total: image.length });
  }
  return sums;
}

// The boot state is part of what the disk must be: written, compared and read back like everything else.
function withBootState(order: FlashOrder, { environment }: Board["kind"]): Buffer | undefined {
  const { buffer, byteOffset, length } = order.image;
  const start = partitionStart(Buffer.from(buffer, byteOffset, length), environment);
  if (start === undefined) return undefined;
  const image = Buffer.from(order.image);
  image.set(encodeEnvironment(order.bootState ?? freshBootState), start);
  return image;
}

async function checksumOnBoard(
  console: BoardConsole,
  board: Board,
  { offset, length }: Span,
): Promise<number> {
  await console.must(transfer("read", board, offset, length), 120_000);
  return checksumInMemory(console, board.readBack, length);
}

async function checksumInMemory(console: BoardConsole, address: number, length: number): Promise<number> {
  const text = await console.must(`crc32 ${hex(address)} ${hex(length)}`, 60_000);
  const sum = /==> ([0-9a-f]{8})/.exec(text)?.[1];
  if (sum === undefined)
    throw new FlashError("COMMAND_FAILED", { command: "crc32", answer: text.slice(-80) });
  return Number.parseInt(sum, 16);
}

function transfer(way: "read" | "write", board: Board, offset: number, length: number): string {
  const sectors = Math.ceil(length / 512);
  return `${board.kind.disk.interface} ${way} ${hex(board.readBack)} ${hex(offset / 512)} ${hex(sectors)}`;
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
