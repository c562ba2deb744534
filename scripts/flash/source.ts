import { FirmwareToolError, readTrust } from "../firmware/index.ts";
import { readBackup, type BackupFacts } from "./backup-file.ts";
import type { Flags } from "./command-line.ts";
import { readDiskImage } from "./image-file.ts";
import type { DiskImage } from "./image.ts";
import { FlashError } from "./problem.ts";

/** What the board is to become: a published disk, or what a box was. */
export type Source = { image: DiskImage; backup?: BackupFacts };

/**
 * Reads and judges what the command line names.
 * @returns undefined where the board is only to be backed up
 * @throws FlashError
 */
export function takeSource(flags: Flags): Source | undefined {
  const { image: file, restore, allow, backup, hardware } = flags;
  if (restore !== undefined) {
    const { image, facts } = readBackup(restore);
    if (hardware !== undefined && hardware !== facts.profile)
      throw new FlashError("IMAGE_FOREIGN", { image: facts.profile, board: hardware });
    return { image, backup: facts };
  }
  if (file === undefined && backup !== undefined) return undefined;
  if (file === undefined) throw new FlashError("USAGE", { reason: "--image FILE?" });
  const { trust } = flags;
  const check = trust === undefined ? {} : { trust: orUsage("--trust", () => readTrust(trust)) };
  const image = readDiskImage(file, { raw: flags.raw, ...check });
  if (!image.signed && allow === undefined) throw new FlashError("IMAGE_UNSIGNED", { file: image.file });
  if (image.signed && hardware !== undefined && !image.signed.hardware.includes(hardware))
    throw new FlashError("IMAGE_FOREIGN", { image: image.signed.hardware.join(", "), board: hardware });
  return { image };
}

/** Reads what a flag names. @throws FlashError `USAGE` with the flag and the reason */
export function orUsage<T>(flag: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const known = cause instanceof FirmwareToolError || (cause instanceof Error && "code" in cause);
    if (!known) throw cause;
    throw new FlashError("USAGE", { reason: `${flag}: ${cause.message}` }, { cause });
  }
}
