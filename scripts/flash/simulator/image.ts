import { crc32 } from "node:zlib";
import { encodeEnvironment, freshBootState } from "../job/environment.ts";

const sector = 512;
const entries = 128;
const entrySize = 128;

/**
 * A small disk image with a partition `env` (GPT, UEFI 2.10 §5.3) that holds a fresh boot state, some content, and a blank
 * partition `factory` where a sector for it is given.
 */
export function imageWithEnvironment(
  size: number,
  environmentSector: number,
  content: readonly { offset: number; bytes: Uint8Array }[],
  factorySector?: number,
): Buffer {
  const image = Buffer.alloc(size);
  const last = size / sector - 1;
  const table = Buffer.alloc(entries * entrySize);
  table.fill(0x11, 0, 32);
  table.writeBigUInt64LE(BigInt(environmentSector), 32);
  // Room for the security floor behind the boot state, as far as the next partition leaves it.
  table.writeBigUInt64LE(BigInt(environmentSector + 31), 40);
  table.write("env", 56, "utf16le");
  if (factorySector !== undefined) {
    table.fill(0x33, entrySize, entrySize + 32);
    table.writeBigUInt64LE(BigInt(factorySector), entrySize + 32);
    table.writeBigUInt64LE(BigInt(factorySector + 2047), entrySize + 40);
    table.write("factory", entrySize + 56, "utf16le");
  }
  table.copy(image, 2 * sector);
  table.copy(image, (last - 32) * sector);
  header(table, 1, last, 2).copy(image, sector);
  header(table, last, 1, last - 32).copy(image, last * sector);
  // The protective MBR: one partition of type 0xee over all of the disk.
  image[446 + 4] = 0xee;
  image.writeUInt32LE(1, 446 + 8);
  image.writeUInt32LE(last, 446 + 12);
  image.writeUInt16LE(0xaa55, 510);
  image.set(encodeEnvironment(freshBootState), environmentSector * sector);
  for (const { offset, bytes } of content) image.set(bytes, offset);
  return image;

  function header(table: Buffer, own: number, other: number, tableSector: number): Buffer {
    const bytes = Buffer.alloc(sector);
    bytes.write("EFI PART", 0, "latin1");
    bytes.writeUInt32LE(0x0001_0000, 8);
    bytes.writeUInt32LE(92, 12);
    bytes.writeBigUInt64LE(BigInt(own), 24);
    bytes.writeBigUInt64LE(BigInt(other), 32);
    bytes.writeBigUInt64LE(34n, 40);
    bytes.writeBigUInt64LE(BigInt(last - 33), 48);
    bytes.fill(0x22, 56, 72);
    bytes.writeBigUInt64LE(BigInt(tableSector), 72);
    bytes.writeUInt32LE(entries, 80);
    bytes.writeUInt32LE(entrySize, 84);
    bytes.writeUInt32LE(crc32(table), 88);
    bytes.writeUInt32LE(crc32(bytes.subarray(0, 92)), 16);
    return bytes;
  }
}
