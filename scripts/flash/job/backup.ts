import { crc32 } from "node:zlib";
import type { BoardConsole } from "../console/console.ts";
import { FlashError } from "../problem.ts";
import { identifyBoard, type Board, type BoardKind } from "./board.ts";
import { dumpMemory, loadSpan } from "./disk.ts";
import { passes, type FlashProgress } from "./flash.ts";
import { readIdentity, type BoardIdentity } from "./identity.ts";
import { checksumInMemory } from "./memory.ts";
import { partitionOf } from "./partitions.ts";
import { spans, windowSize, type Span } from "./plan.ts";

const coarseSize = 64 * windowSize;
// A checksum costs as much of the line as some forty bytes: looking closer pays down to a few sectors.
const fineSizes = [windowSize, 16 * 1024, 2 * 1024];
/** What is read at once, at most: how much an interruption costs. */
const largestPiece = 16 * 1024;
// `md.q` prints 63 letters for 16 bytes; commands, their checksums and their echo take some more.
const lettersPerByte = 4.2;

/** Where a backup grows: what was never written reads as zeros. */
export type BackupStore = {
  read(offset: number, length: number): Uint8Array;
  write(offset: number, bytes: Uint8Array): void;
  /** @throws FlashError `BACKUP_NO_ROOM` when so many bytes more do not fit */
  reserve(bytes: number): void;
};

export type BackupOrder = {
  kinds: readonly BoardKind[];
  /** ids of the profiles that are looked for first */
  hardware?: readonly string[];
  store: BackupStore;
  /** content that the board may have already: what is equal does not travel */
  known?: Uint8Array;
  /** speed that the console is raised to; the same or less: it stays */
  fastBaud?: number;
  /** asked before a reading that takes so many seconds */
  approve: (seconds: number) => Promise<boolean>;
  /** how often a failure of the line is taken up again */
  attempts?: number;
};

export type BackupResult = {
  board: Board;
  identity: BoardIdentity | undefined;
  /** bits per second of the console before it was raised */
  baudRate: number;
  /** bytes of the disk that no other place had */
  readBytes: number;
};

type Tell = (progress: FlashProgress) => void;

/**
 * Copies the board's whole disk into a store. U-Boot sends nothing but text: memory as hexadecimal digits. So only what is
 * neither blank, nor known, nor in the store already is read; a run that was ended anywhere goes on from there. Every
 * piece is compared with the board's own checksum of it.
 * @throws FlashError `BACKUP_TOO_LONG` when `approve` says no, and what the console may throw
 */
export async function backUpBoard(
  console: BoardConsole,
  order: BackupOrder,
  tell: Tell = () => undefined,
): Promise<BackupResult> {
  let fastBaud = order.fastBaud ?? 0;
  let readBytes = 0;
  let slow: number | undefined;
  for (let attempt = 1; ; attempt += 1)
    try {
      tell({ type: "stage", stage: "seek" });
      await console.seek();
      slow ??= console.baudRate;
      tell({ type: "stage", stage: "identify" });
      const board = await identifyBoard(console, order.kinds, order.hardware);
      const missing = await survey(console, board, order, tell);
      const bytes = missing.reduce((sum, { length }) => sum + length, 0);
      if (bytes > 0 && fastBaud > console.baudRate && !(await console.changeSpeed(fastBaud))) fastBaud = 0;
      const seconds = Math.ceil((bytes * lettersPerByte * 10) / console.baudRate);
      tell({ type: "backup", bytes, diskBytes: board.diskBytes, seconds });
      if (attempt === 1 && !(await order.approve(seconds)))
        throw new FlashError("BACKUP_TOO_LONG", { minutes: Math.ceil(seconds / 60) });
      await readPieces(console, board, order.store, missing, tell, (read) => (readBytes += read));
      const identity = await identityOn(console, board, order.store);
      if (console.baudRate !== slow) await console.changeSpeed(slow);
      return { board, identity, baudRate: slow, readBytes };
    } catch (error) {
      const raised = slow !== undefined && console.baudRate !== slow;
      if (!(error instanceof FlashError) || !passes(error, raised)) throw error;
      if (attempt >= (order.attempts ?? 5)) throw error;
      tell({ type: "again", code: error.code });
      // What failed at a high speed is not tried there again.
      if (slow !== undefined && raised) {
        fastBaud = 0;
        await console.returnToSpeed(slow);
      }
    }
}

/** Takes over what can be had without the line. @returns what must be read, in order */
async function survey(
  console: BoardConsole,
  board: Board,
  { store, known }: BackupOrder,
  tell: Tell,
): Promise<Span[]> {
  tell({ type: "stage", stage: "survey" });
  const total = board.diskBytes;
  const missing: Span[] = [];
  for (const coarse of spans(total, coarseSize)) {
    await loadSpan(console, board, coarse);
    missing.push(...(await unknownIn(coarse, coarse.offset, fineSizes)));
    tell({ type: "amount", stage: "survey", done: coarse.offset + coarse.length, total });
  }
  store.reserve(missing.reduce((sum, { length }) => sum + length, 0));
  return missing;

  async function unknownIn(piece: Span, loaded: number, sizes: readonly number[]): Promise<Span[]> {
    const { offset, length } = piece;
    const sum = await checksumInMemory(console, board.readBack + offset - loaded, length);
    const stored = store.read(offset, length);
    if (crc32(stored) === sum) return [];
    const content = elsewhere(piece).find((bytes) => crc32(bytes) === sum);
    if (content) {
      store.write(offset, content);
      return [];
    }
    const [size, ...finer] = sizes;
    if (size === undefined) return [piece];
    const unknown: Span[] = [];
    for (const part of spans(length, size))
      unknown.push(...(await unknownIn({ ...part, offset: offset + part.offset }, loaded, finer)));
    return unknown;
  }

  // Blank as disks come, blank as flash chips come, or as the technician's image has it.
  function elsewhere({ offset, length }: Span): Uint8Array[] {
    const image = known?.subarray(offset, offset + length);
    const blanks = [Buffer.alloc(length), Buffer.alloc(length, 0xff)];
    return image?.length === length ? [image, ...blanks] : blanks;
  }
}

async function readPieces(
  console: BoardConsole,
  board: Board,
  store: BackupStore,
  missing: readonly Span[],
  tell: Tell,
  count: (bytes: number) => void,
): Promise<void> {
  tell({ type: "stage", stage: "backup" });
  const total = missing.reduce((sum, { length }) => sum + length, 0);
  let done = 0;
  for (const coarse of spans(board.diskBytes, coarseSize)) {
    const end = coarse.offset + coarse.length;
    const pieces = joined(missing.filter(({ offset }) => offset >= coarse.offset && offset < end));
    if (pieces.length > 0) await loadSpan(console, board, coarse);
    for (const { offset, length } of pieces) {
      const address = board.readBack + offset - coarse.offset;
      store.write(offset, await dumpMemory(console, address, length));
      count(length);
      done += length;
      tell({ type: "amount", stage: "backup", done, total });
    }
  }
}

function joined(pieces: readonly Span[]): Span[] {
  const runs: Span[] = [];
  for (const piece of pieces) {
    const last = runs.at(-1);
    const follows = last && last.offset + last.length === piece.offset;
    if (follows && last.length + piece.length <= largestPiece) last.length += piece.length;
    else runs.push({ ...piece });
  }
  return runs;
}

/** Whose disk it is: told by the copy, for the board has said it all. */
async function identityOn(
  console: BoardConsole,
  board: Board,
  store: BackupStore,
): Promise<BoardIdentity | undefined> {
  const tableBytes = Math.min(board.diskBytes, 1 << 20);
  const factory = partitionOf(Buffer.from(store.read(0, tableBytes)), "factory", board.diskBytes);
  return factory && (await readIdentity(console, board, factory.start));
}
