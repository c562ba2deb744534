import { constants } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import type { DiskFile } from "./disk.ts";

// Devices read past the cache take whole sectors at whole sectors, into memory that begins at one.
const sector = 512;
const largest = 64 * 1024;
const page = 4096;
// What the allocator gives begins at such addresses.
const allocation = 16;

/**
 * Opens a device for reading what is on the medium itself, not what the cache remembers having written (open(2),
 * O_DIRECT). Where that cannot be had, as for files in memory or devices of larger sectors, it reads as usual.
 */
export async function openMedium(path: string): Promise<DiskFile> {
  // Larger than needed: where it may be read into is found out.
  const room = Buffer.allocUnsafeSlow(largest + page);
  const direct = await openDirect(path, room);
  const handle = direct?.handle ?? (await open(path, "r"));
  const begin = direct?.begin ?? 0;
  // What is returned holds until the next piece.
  const readPiece = async (length: number, position: number): Promise<Uint8Array> => {
    const skip = position % sector;
    const whole = Math.ceil((skip + length) / sector) * sector;
    const { bytesRead } = await handle.read(room, begin, whole, position - skip);
    return room.subarray(begin + skip, begin + Math.max(skip, Math.min(bytesRead, skip + length)));
  };
  const never = async (): Promise<never> => {
    await Promise.resolve();
    throw new TypeError("what is on the medium is only read");
  };
  return {
    size: async () => (await handle.stat()).size,
    async read(length, position, into) {
      const bytes = into ?? Buffer.allocUnsafe(length);
      let got = 0;
      while (got < length) {
        const wanted = Math.min(length - got, largest - sector);
        const part = await readPiece(wanted, position + got);
        bytes.set(part, got);
        got += part.length;
        if (part.length < wanted) break;
      }
      return bytes.subarray(0, got);
    },
    write: never,
    truncate: never,
    sync: never,
    close: async () => await handle.close(),
  };
}

// Addresses cannot be seen from here: a place that the device refuses begins at no sector of memory.
async function openDirect(
  path: string,
  room: Buffer,
): Promise<{ handle: FileHandle; begin: number } | undefined> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_DIRECT);
    for (let begin = 0; begin < page; begin += allocation)
      if (await takes(handle, room, begin)) return { handle, begin };
  } catch (error) {
    if (!isRefused(error)) throw error;
  }
  await handle?.close();
  return undefined;
}

async function takes(handle: FileHandle, room: Buffer, begin: number): Promise<boolean> {
  try {
    // As large as any: a device may take a small piece from where it refuses a large one.
    await handle.read(room, begin, largest, 0);
    return true;
  } catch (error) {
    if (!isRefused(error)) throw error;
    return false;
  }
}

function isRefused(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EINVAL";
}
