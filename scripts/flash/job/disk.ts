import { crc32 } from "node:zlib";
import type { BoardConsole } from "../console/console.ts";
import { FlashError } from "../problem.ts";
import type { Board } from "./board.ts";
import { carryChecked, type Carrier } from "./carrier.ts";
import type { FlashProgress } from "./flash.ts";
import { checksumInMemory, hex, parseChecksum } from "./memory.ts";
import { checksum, spans, windowSize, type Span, type Work } from "./plan.ts";

const mebibyte = 1024 * 1024;

type Tell = (progress: FlashProgress) => void;

/**
 * Which windows of the board's disk differ from the image.
 * @throws FlashError
 */
export async function compareDisk(
  console: BoardConsole,
  board: Board,
  image: Uint8Array,
  tell: Tell,
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

/** Bytes that a plan sends. */
export function bytesToSend(work: readonly Work[]): number {
  return work.reduce((sum, piece) => sum + (piece.how === "parcel" ? piece.parcel.length : 0), 0);
}

/** @throws FlashError */
export async function writeDisk(
  console: BoardConsole,
  board: Board,
  carrier: Carrier,
  work: readonly Work[],
  tell: Tell,
): Promise<void> {
  tell({ type: "stage", stage: "write" });
  const total = bytesToSend(work);
  let done = 0;
  for (const piece of work) {
    if (piece.how === "zero") await clear(console, board, piece);
    else {
      const { offset, length, parcel } = piece;
      await carryChecked(carrier, console, board.staging, parcel, (sent) =>
        tell({ type: "amount", stage: "write", done: done + sent, total }),
      );
      const { interface: bus, device } = board.kind.disk;
      const where = `${bus} ${device} ${hex(board.staging)} ${hex(parcel.length)}`;
      await console.must(`gzwrite ${where} ${hex(writeBuffer(length))} ${hex(offset)}`, 120_000);
      done += parcel.length;
    }
  }
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

/**
 * Reads the whole disk back.
 * @returns its CRC-32, a part after the other
 * @throws FlashError `VERIFY_FAILED`
 */
export async function verifyDisk(
  console: BoardConsole,
  board: Board,
  image: Uint8Array,
  tell: Tell,
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

/**
 * Bytes of the board's disk, as text over the line: for little ones only.
 * @throws FlashError `LINE_NOISY`
 */
export async function readDisk(console: BoardConsole, board: Board, span: Span): Promise<Buffer> {
  await loadSpan(console, board, span);
  return await dumpMemory(console, board.readBack, span.length);
}

/** Has the board read a part of its disk into memory, at `readBack`. @throws FlashError */
export async function loadSpan(console: BoardConsole, board: Board, span: Span): Promise<void> {
  await console.must(transfer("read", board, span.offset, span.length), 120_000);
}

/**
 * Bytes of the board's memory, as text over the line, each piece with the board's checksum of it.
 * @throws FlashError `LINE_NOISY` when a piece does not arrive as it was, five times
 */
export async function dumpMemory(console: BoardConsole, address: number, length: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (const { offset, length: size } of spans(length, dumpSize))
    parts.push(await dumpPiece(console, address + offset, size));
  return Buffer.concat(parts);
}

// U-Boot keeps no more of an answer than the console: 16 bytes are a line of 63 letters.
const dumpSize = 4096;
const dumpTries = 5;

async function dumpPiece(console: BoardConsole, address: number, length: number): Promise<Buffer> {
  const words = Math.ceil(length / 8);
  const line = `md.q ${hex(address)} ${hex(words)}; crc32 ${hex(address)} ${hex(length)}`;
  for (let attempt = 0; attempt < dumpTries; attempt += 1) {
    const text = await console.must(line, 60_000);
    const bytes = parseDump(text).subarray(0, length);
    if (bytes.length === length && crc32(bytes) === parseChecksum(text)) return bytes;
  }
  throw new FlashError("LINE_NOISY", { command: "md.q" });
}

/** `40200000: 2064656e6f740a6f 6c20676e6f6c2061  ....`: numbers of eight bytes, the first byte last. */
function parseDump(text: string): Buffer {
  const words = text
    .split("\n")
    .flatMap(
      (line) => (/^[0-9a-f]{8,16}: ((?:[0-9a-f]{16} ){1,2}) /.exec(line)?.[1] ?? "").match(/\w+/g) ?? [],
    );
  return Buffer.from(words.join(""), "hex").swap64();
}

async function checksumOnBoard(
  console: BoardConsole,
  board: Board,
  { offset, length }: Span,
): Promise<number> {
  await loadSpan(console, board, { offset, length });
  return checksumInMemory(console, board.readBack, length);
}

function transfer(way: "read" | "write", board: Board, offset: number, length: number): string {
  const sectors = Math.ceil(length / 512);
  return `${board.kind.disk.interface} ${way} ${hex(board.readBack)} ${hex(offset / 512)} ${hex(sectors)}`;
}
