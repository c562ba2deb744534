import { crc32 } from "node:zlib";
import type { BoardConsole } from "../console/console.ts";
import { FlashError } from "../problem.ts";
import type { Board } from "./board.ts";
import { carryChecked, type Carrier } from "./carrier.ts";
import type { FlashProgress } from "./flash.ts";
import { checksumInMemory, hex } from "./memory.ts";
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
 * @throws FlashError `LINE_NOISY` when they do not arrive as the board's checksum says, three times
 */
export async function readDisk(
  console: BoardConsole,
  board: Board,
  { offset, length }: Span,
): Promise<Buffer> {
  await console.must(transfer("read", board, offset, length), 60_000);
  const expected = await checksumInMemory(console, board.readBack, length);
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const parts: Buffer[] = [];
    for (const { offset: at, length: size } of spans(length, dumpSize))
      parts.push(parseDump(await console.must(`md.b ${hex(board.readBack + at)} ${hex(size)}`, 60_000)));
    const bytes = Buffer.concat(parts);
    if (bytes.length === length && crc32(bytes) === expected) return bytes;
  }
  throw new FlashError("LINE_NOISY", { command: "md.b" });
}

// The console keeps the last 8 KiB of an answer; 16 bytes are a line of 76 letters.
const dumpSize = 1024;

/** `40200000: 74 6f 6e …  ton…` */
function parseDump(text: string): Buffer {
  const lines = text
    .split("\n")
    .map((line) => /^[0-9a-f]{8,16}: ((?:[0-9a-f]{2} ){1,16}) /.exec(line)?.[1] ?? "");
  return Buffer.from(lines.join("").replaceAll(" ", ""), "hex");
}

async function checksumOnBoard(
  console: BoardConsole,
  board: Board,
  { offset, length }: Span,
): Promise<number> {
  await console.must(transfer("read", board, offset, length), 120_000);
  return checksumInMemory(console, board.readBack, length);
}

function transfer(way: "read" | "write", board: Board, offset: number, length: number): string {
  const sectors = Math.ceil(length / 512);
  return `${board.kind.disk.interface} ${way} ${hex(board.readBack)} ${hex(offset / 512)} ${hex(sectors)}`;
}
