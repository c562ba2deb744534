import type { BoardConsole } from "../console/console.ts";
import { FlashError } from "../problem.ts";

/** CRC-32 of the board's memory, as it counts it. */
export async function checksumInMemory(
  console: BoardConsole,
  address: number,
  length: number,
): Promise<number> {
  const text = await console.must(`crc32 ${hex(address)} ${hex(length)}`, 60_000);
  const sum = parseChecksum(text);
  if (sum === undefined)
    throw new FlashError("COMMAND_FAILED", { command: "crc32", answer: text.slice(-80) });
  return sum;
}

/** `crc32 for 40200000 ... 402003ff ==> 5d2a6d1c`; undefined where the text has no such line. */
export function parseChecksum(text: string): number | undefined {
  const sum = /^crc32 for .* ==> ([0-9a-f]{8})$/m.exec(text)?.[1];
  return sum === undefined ? undefined : Number.parseInt(sum, 16);
}

/** A number as U-Boot reads it. */
export function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
