import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { FlashError } from "../problem.ts";

/** A recovery image (`npm run board-image -- recovery`): a FIT that the board's U-Boot checks before it starts it. */
export type RecoveryImage = {
  bytes: Buffer;
  /** hardware profile that it is for */
  profile: string;
};

const fitMagic = 0xd00d_feed;
const largest = 16 << 20;

/**
 * Reads a recovery image. Its signature is the board's to judge.
 * @throws FlashError `IMAGE_MISSING`, `IMAGE_DAMAGED`
 */
export function readRecoveryImage(path: string): RecoveryImage {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw new FlashError("IMAGE_MISSING", { file: path }, { cause });
  }
  return takeRecoveryImage(bytes, basename(path));
}

/** @throws FlashError `IMAGE_DAMAGED` for what is none, or is cut short */
export function takeRecoveryImage(bytes: Buffer, file: string): RecoveryImage {
  const damaged = (reason: string) => new FlashError("IMAGE_DAMAGED", { file, reason });
  // Devicetree Specification v0.4 §5.2: magic and length, big endian.
  if (bytes.length < 40 || bytes.length > largest || bytes.readUInt32BE(0) !== fitMagic)
    throw damaged("no recovery image");
  if (bytes.readUInt32BE(4) > bytes.length) throw damaged("cut short");
  const profile = /Tonalite recovery ([\w./-]+)\0/.exec(bytes.toString("latin1", 0, 1024))?.[1];
  if (profile === undefined) throw damaged("no recovery image");
  return { bytes, profile };
}
