import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import * as z from "zod";
import { fitVersion, type ImageFile } from "../../core/firmware/index.ts";

const path = z.string().regex(/^\/[A-Za-z0-9/._-]{1,200}$/, "must be an absolute path");
const partition = z.strictObject({
  device: path,
  bytes: z.int().positive(),
});
export type Partition = z.infer<typeof partition>;

const slot = z.strictObject({ kernel: partition, rootfs: partition });
export type SlotPartitions = z.infer<typeof slot>;

/** Where a board keeps its slots and its boot loader's sector: `/etc/tonalite/slots.json`, made with its image. */
export const boardSlots = z.strictObject({
  environment: partition,
  slots: z.strictObject({ a: slot, b: slot }),
  /** Written by an image on trial as long as it lives; whoever watches takes it away. */
  alive: path,
  /** Words on how an image on trial ended, by whoever watched: the update's id, a space, the words. */
  trialEnd: path,
});
export type BoardSlots = z.infer<typeof boardSlots>;

/** Reads a board's description. @throws Error naming the file when it is not one */
export function readBoardSlots(file: string): BoardSlots {
  try {
    return boardSlots.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (cause) {
    throw new Error(`${file} does not describe a board's slots`, { cause });
  }
}

/** The files of an image for partitions: these two and no other. */
export const kernelFile = "kernel.fit";
export const rootFile = "rootfs.img";

/** Whether an image's files fill these partitions; if not, why. */
export function unfitFor(
  { kernel, rootfs }: SlotPartitions,
  files: readonly ImageFile[],
): string | undefined {
  const sizes = new Map(files.map(({ path, size }) => [path, size]));
  if (sizes.size !== 2 || !sizes.has(kernelFile) || !sizes.has(rootFile))
    return `the image must hold ${kernelFile} and ${rootFile}, and nothing else`;
  for (const [name, { bytes }] of [
    [kernelFile, kernel],
    [rootFile, rootfs],
  ] as const) {
    const size = sizes.get(name) ?? 0;
    if (size > bytes) return `${name} has ${size} bytes, its partition ${bytes}`;
  }
  return undefined;
}

/** The version in a slot; undefined when no whole image lies there: its first sector is the last that is written. */
export function versionInSlot({ kernel }: SlotPartitions): string | undefined {
  const file = openSync(kernel.device, "r");
  try {
    return fitVersion((position, length) => {
      const bytes = Buffer.alloc(length);
      return bytes.subarray(0, readSync(file, bytes, 0, length, position));
    });
  } finally {
    closeSync(file);
  }
}
