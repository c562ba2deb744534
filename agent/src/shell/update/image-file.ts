import { join } from "node:path";
import {
  decodeImageHeader,
  imageHeaderSize,
  prefixSize,
  type ImageHeader,
} from "../../core/firmware/index.ts";
import type { DiskFile } from "./disk.ts";

/** Where an image lies while it is fetched, in the update's folder. */
export function imageFileIn(folder: string): string {
  return join(folder, "image.part");
}

/**
 * The header of an image that lies in a file.
 * @throws FirmwareError when it is none
 */
export async function readHeader(file: DiskFile): Promise<ImageHeader> {
  const size = imageHeaderSize(await file.read(prefixSize, 0));
  return decodeImageHeader(await file.read(size, 0));
}
