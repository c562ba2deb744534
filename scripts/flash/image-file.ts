import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { takeDiskImage, type DiskImage, type ImageOptions } from "./image.ts";
import { FlashError } from "./problem.ts";

/**
 * Reads a file that holds a disk image: see {@link takeDiskImage}.
 * @throws FlashError `IMAGE_*`
 */
export function readDiskImage(path: string, options: ImageOptions): DiskImage {
  let stored: Buffer;
  try {
    stored = readFileSync(path);
  } catch (cause) {
    throw new FlashError("IMAGE_MISSING", { file: path }, { cause });
  }
  return takeDiskImage(stored, basename(path), options);
}
