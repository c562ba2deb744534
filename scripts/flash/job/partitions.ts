const sector = 512;

/** The partition with the boot state, by its name: scripts/firmware/board-image makes it on every board. */
export const bootStatePartition = "env";

/** A partition of a disk image, in bytes. */
export type ImagePartition = { start: number; length: number };

/**
 * A partition, by its name, from a disk image's GPT (UEFI 2.10 §5.3.3); undefined where there is no such partition, or no
 * table.
 * @param diskBytes size of the disk, where `image` is only its start
 */
export function partitionOf(
  image: Buffer,
  name: string,
  diskBytes: number = image.length,
): ImagePartition | undefined {
  if (image.toString("latin1", sector, sector + 8) !== "EFI PART") return undefined;
  const table = Number(image.readBigUInt64LE(sector + 72)) * sector;
  const count = Math.min(image.readUInt32LE(sector + 80), 256);
  const size = image.readUInt32LE(sector + 84);
  for (let entry = table; entry < table + count * size && entry + 128 <= image.length; entry += size) {
    const label = image.toString("utf16le", entry + 56, entry + 128).split("\0")[0];
    const start = Number(image.readBigUInt64LE(entry + 32)) * sector;
    const end = (Number(image.readBigUInt64LE(entry + 40)) + 1) * sector;
    if (label === name && start > 0 && start < end && end <= diskBytes) return { start, length: end - start };
  }
  return undefined;
}
