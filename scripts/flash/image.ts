import { createHash } from "node:crypto";
import { crc32, gunzipSync } from "node:zlib";
import {
  decodeImageHeader,
  decodeTarEntry,
  FirmwareError,
  judgeSignature,
  tarBlock,
  type SignatureCheck,
} from "@tonalite/agent/core/firmware";
import { diskFile, diskProduct } from "../firmware/disk-product.ts";
import { FlashError } from "./problem.ts";

/** Most bytes an unpacked image may have. */
export const largestImage = 2 ** 31 - 1;
const sector = 512;

export type DiskImage = {
  file: string;
  bytes: Buffer;
  /** of the unpacked image */
  sha256: string;
  /** what was checked, for the report */
  checks: string[];
  /** what its signature says; absent for a file that has none */
  signed?: { version: string; hardware: readonly string[]; securityFloor: number; keyId: string };
};

export type ImageOptions = {
  /** takes an image without a partition table as it is */
  raw: boolean;
  /** who may sign disks; without it no signed file is taken */
  trust?: SignatureCheck;
};

/**
 * Takes a disk image, signed (`npm run firmware -- disk`) or plain, packed with gzip or not, and checks all that can be checked
 * without a board: that it is whole by its own partition table (GPT, UEFI 2.10 §5.3), and that it is no other kind of file.
 * @param file its name, for people
 * @throws FlashError `IMAGE_*`
 */
export function takeDiskImage(stored: Buffer, file: string, options: ImageOptions): DiskImage {
  if (stored.length === 0) throw new FlashError("IMAGE_EMPTY", { file });
  if (stored.subarray(0, 8).toString("latin1") === "TONALIMG") return readSigned(stored, file, options);
  return readPlain(stored, file, options);
}

function readPlain(stored: Buffer, file: string, options: ImageOptions): DiskImage {
  const packed = stored[0] === 0x1f && stored[1] === 0x8b;
  const bytes = packed ? unpack(stored, file) : stored;
  const checks = packed ? ["gzip CRC-32"] : [];
  const partitioned = bytes.subarray(sector, sector + 8).toString("latin1") === "EFI PART";
  if (!partitioned && !options.raw) throw new FlashError("IMAGE_NOT_A_DISK", { file, what: kindOf(bytes) });
  if (bytes.length % sector !== 0)
    throw new FlashError("IMAGE_TRUNCATED", {
      file,
      found: bytes.length,
      expected: Math.ceil(bytes.length / sector) * sector,
    });
  if (partitioned) checks.push(...checkPartitionTable(bytes, file));
  return { file, bytes, sha256: createHash("sha256").update(bytes).digest("hex"), checks };
}

/** Unpacks a gzip file. @throws FlashError `IMAGE_TRUNCATED`, `IMAGE_DAMAGED` */
export function unpack(stored: Buffer, file: string): Buffer {
  try {
    return gunzipSync(stored, { maxOutputLength: largestImage });
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    const cut = code === "Z_BUF_ERROR";
    throw cut
      ? new FlashError(
          "IMAGE_TRUNCATED",
          { file, found: stored.length, expected: stored.length + 1 },
          { cause },
        )
      : new FlashError("IMAGE_DAMAGED", { file, reason: "gzip" }, { cause });
  }
}

/** @throws FlashError `IMAGE_*`: also for an update, which is no disk */
function readSigned(bytes: Buffer, file: string, options: ImageOptions): DiskImage {
  try {
    const header = decodeImageHeader(bytes);
    const { manifest, payloadOffset } = header;
    if (!options.trust && manifest.product === diskProduct)
      throw new FlashError("IMAGE_UNTRUSTED", { file, reason: "--trust DIR?" });
    const refusal = options.trust && judgeSignature(header, options.trust);
    if (refusal) throw new FlashError("IMAGE_UNTRUSTED", { file, reason: refusal.reason });
    const { version, hardware, securityFloor, keyId, payload } = manifest;
    const expected = payloadOffset + payload.size;
    if (bytes.length < expected)
      throw new FlashError("IMAGE_TRUNCATED", { file, found: bytes.length, expected });
    if (manifest.product !== diskProduct)
      throw new FlashError("IMAGE_NOT_A_DISK", {
        file,
        what: `${manifest.product} ${version} (${hardware.join(", ")})`,
      });
    const archive = bytes.subarray(payloadOffset, expected);
    const entry = decodeTarEntry(archive.subarray(0, tarBlock));
    if (createHash("sha256").update(archive).digest("hex") !== payload.sha256 || entry?.path !== diskFile)
      throw new FlashError("IMAGE_DAMAGED", { file, reason: "SHA-256" });
    const disk = readPlain(archive.subarray(tarBlock, tarBlock + entry.size), file, options);
    const checks = ["signature", "SHA-256", ...disk.checks];
    return { ...disk, checks, signed: { version, hardware, securityFloor, keyId } };
  } catch (cause) {
    if (!(cause instanceof FirmwareError)) throw cause;
    throw cause.code === "TRUNCATED"
      ? new FlashError(
          "IMAGE_TRUNCATED",
          { file, found: bytes.length, expected: bytes.length + 1 },
          { cause },
        )
      : new FlashError("IMAGE_DAMAGED", { file, reason: cause.code }, { cause });
  }
}

// GPT header: size at 12, its CRC-32 at 16, the other copy's sector at 32, entries at 72, their number and size at 80, 84,
// their CRC-32 at 88.
function checkPartitionTable(bytes: Buffer, file: string): string[] {
  const header = Buffer.from(bytes.subarray(sector, 2 * sector));
  const size = header.readUInt32LE(12);
  const expected = header.readUInt32LE(16);
  header.writeUInt32LE(0, 16);
  if (size < 92 || size > sector || crc32(header.subarray(0, size)) !== expected)
    throw new FlashError("IMAGE_DAMAGED", { file, reason: "GPT" });
  const end = (Number(header.readBigUInt64LE(32)) + 1) * sector;
  if (bytes.length < end)
    throw new FlashError("IMAGE_TRUNCATED", { file, found: bytes.length, expected: end });
  const start = Number(header.readBigUInt64LE(72)) * sector;
  const length = header.readUInt32LE(80) * header.readUInt32LE(84);
  if (crc32(bytes.subarray(start, start + length)) !== header.readUInt32LE(88))
    throw new FlashError("IMAGE_DAMAGED", { file, reason: "GPT" });
  return ["GPT CRC-32", "length by GPT"];
}

function kindOf(bytes: Buffer): string {
  const start = bytes.subarray(0, 4).toString("hex");
  const kinds: Record<string, string> = {
    "7f454c46": "ELF",
    d00dfeed: "FIT/DTB",
    "504b0304": "ZIP",
    "68737173": "squashfs",
    "27051956": "uImage",
  };
  return kinds[start] ?? "data";
}
