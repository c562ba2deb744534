import { createHash } from "node:crypto";
import { FirmwareError, type ImageFile } from "../../core/firmware/index.ts";
import { unpackImage, type Sink } from "./archive.ts";
import { kernelFile, rootFile, unfitFor, type Partition, type SlotPartitions } from "./board-slots.ts";
import type { Disk } from "./disk.ts";
import { readHeader } from "./image-file.ts";

const sector = 512;
const piece = 60 * 1024;
// What is written waits in memory until it is synced, and a small box has little.
const syncEvery = 256 * 1024;

/**
 * Writes a verified image into the partitions of a slot that nothing starts, and reads all of it back from the medium.
 * The first sector of the kernel comes last: until then the slot holds no image, for the boot loader (which looks for a
 * FIT's first word) as for everybody.
 * @throws FirmwareError `ARCHIVE_INVALID`, `ARCHIVE_HOSTILE`; errors of the disk as they come
 */
export async function installOnPartitions(
  disk: Disk,
  imageFile: string,
  slot: SlotPartitions,
): Promise<void> {
  const files = await filesOf(disk, imageFile);
  const unfit = unfitFor(slot, files);
  if (unfit !== undefined) throw new FirmwareError("ARCHIVE_INVALID", unfit);
  const partitions: Record<string, Partition> = { [kernelFile]: slot.kernel, [rootFile]: slot.rootfs };
  const partitionOf = ({ path }: ImageFile): Partition => partitions[path] ?? slot.rootfs;

  await writeSector(disk, slot.kernel, new Uint8Array(sector));
  const first = new Uint8Array(sector);
  await unpackImage(disk, imageFile, async (file) =>
    file.path === kernelFile
      ? withoutFirst(await openSink(disk, slot.kernel), first)
      : await openSink(disk, partitionOf(file)),
  );
  for (const file of files)
    await readBack(disk, partitionOf(file), file, file.path === kernelFile ? first : undefined);
  await writeSector(disk, slot.kernel, first);
  for (const file of files) if (file.path === kernelFile) await readBack(disk, slot.kernel, file);
}

async function filesOf(disk: Disk, imageFile: string): Promise<readonly ImageFile[]> {
  const file = await disk.open(imageFile, "read");
  try {
    return (await readHeader(file)).manifest.files;
  } finally {
    await file.close();
  }
}

async function writeSector(disk: Disk, { device }: Partition, bytes: Uint8Array): Promise<void> {
  const file = await disk.open(device, "write");
  try {
    await file.write(bytes, 0);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function openSink(disk: Disk, { device }: Partition): Promise<Sink> {
  const file = await disk.open(device, "write");
  let waiting = 0;
  return {
    async write(bytes, position) {
      await file.write(bytes, position);
      waiting += bytes.length;
      if (waiting < syncEvery) return;
      await file.sync();
      waiting = 0;
    },
    finish: async () => await file.sync(),
    close: async () => await file.close(),
  };
}

// Keeps the first sector back.
function withoutFirst(sink: Sink, first: Uint8Array): Sink {
  return {
    ...sink,
    async write(bytes, position) {
      const kept = Math.max(0, Math.min(bytes.length, sector - position));
      first.set(bytes.subarray(0, kept), Math.min(position, sector));
      if (kept < bytes.length) await sink.write(bytes.subarray(kept), position + kept);
    },
  };
}

// `first`: what shall stand in the first sector, where it does not yet.
async function readBack(
  disk: Disk,
  { device }: Partition,
  { path, size, sha256 }: ImageFile,
  first?: Uint8Array,
): Promise<void> {
  const file = await disk.open(device, "medium");
  const hash = createHash("sha256");
  const room = Buffer.allocUnsafeSlow(piece);
  try {
    const begin = Math.min(size, first?.length ?? 0);
    hash.update(first?.subarray(0, begin) ?? new Uint8Array(0));
    for (let position = begin; position < size; position += piece)
      hash.update(await file.read(Math.min(piece, size - position), position, room));
  } finally {
    await file.close();
  }
  if (hash.digest("hex") !== sha256)
    throw new FirmwareError("ARCHIVE_INVALID", `“${path}” does not read back as the manifest says`);
}
