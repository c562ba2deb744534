import { constants } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import type { DiskFile } from "./disk.ts";

// Devices read past the cache take whole sectors at whole sectors, into memory that begins at one.
const sector = 512;
const largest = 64 * 1024;
const page = 4096;

/**
 * Opens a device for reading what is on the medium itself, not what the cache remembers having written (open(2),
 * O_DIRECT). Where that cannot be had, as for files on a file system in memory, it reads as usual.
 */
export async function openMedium(path: string): Promise<DiskFile> {
  let handle: FileHandle;
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_DIRECT);
  } catch (error) {
    if (!isRefused(error)) throw error;
    handle = await open(path, "r");
  }
  // Larger than needed: where it may be read into is found out below.
  const room = Buffer.allocUnsafeSlow(largest + page);
  let begin: number | undefined;
  const readPiece = async (length: number, position: number): Promise<Uint8Array> => {
    const skip = position % sector;
    const whole = Math.ceil((skip + length) / sector) * sector;
    begin ??= await firstAligned(handle, room);
    const { bytesRead } = await handle.read(room, begin, whole, position - skip);
    return Uint8Array.from(room.subarray(begin + skip, begin + Math.min(bytesRead, skip + length)));
  };
  const never = async (): Promise<never> => {
    await Promise.resolve();
    throw new TypeError("what is on the medium is only read");
  };
  return {
    size: async () => (await handle.stat()).size,
    async read(length, position) {
      const parts: Uint8Array[] = [];
      for (let got = 0; got < length;) {
        const wanted = Math.min(length - got, largest - sector);
        const part = await readPiece(wanted, position + got);
        parts.push(part);
        got += part.length;
        if (part.length < wanted) break;
      }
      return Buffer.concat(parts);
    },
    write: never,
    truncate: never,
    sync: never,
    close: async () => await handle.close(),
  };
}

// Addresses cannot be seen from here: a place that the device refuses begins at no sector of memory.
async function firstAligned(handle: FileHandle, room: Buffer): Promise<number> {
  for (let begin = 0; begin < page; begin += 8)
    try {
      await handle.read(room, begin, sector, 0);
      return begin;
    } catch (error) {
      if (!isRefused(error)) throw error;
    }
  throw new Error("the device refuses every place in memory");
}

function isRefused(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EINVAL";
}
