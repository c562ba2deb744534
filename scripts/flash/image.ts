import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { crc32, gunzipSync } from "node:zlib";
import {
  decodeImageHeader,
  FirmwareError,
  judgeSignature,
  type SignatureCheck,
} from "@tonalite/agent/core/firmware";
import { FlashError } from "./problem.ts";

/** Most bytes an unpacked image may have. */
const largestImage = 2 ** 31 - 1;
const sector = 512;

export type DiskImage = {
  file: string;
  bytes: Buffer;
  /** of the unpacked image */
  sha256: string;
  /** what was checked, for the report; a disk image carries no signature of its own */
  checks: string[];
};

export type ImageOptions = {
  /** takes an image without a partition table as it is */
  raw: boolean;
  /** where known: judges the signature of an agent image, so that the refusal says the right thing */
  trust?: SignatureCheck;
};

/**
 * Reads a raw disk image, packed with gzip or not, and checks all that can be checked without a board: that it is whole by
 * its own partition table (GPT, UEFI 2.10 §5.3), and that it is no other kind of file.
 * @throws FlashError `IMAGE_*`
 */
export function readDiskImage(path: string, options: ImageOptions): DiskImage {
  const file = basename(path);
  const stored = readStored(path, file);
  const agent = stored.subarray(0, 8).toString("latin1") === "TONALIMG";
  if (agent) throw refuseAgentImage(stored, file, options.trust);
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

function readStored(path: string, file: string): Buffer {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw new FlashError("IMAGE_MISSING", { file: path }, { cause });
  }
  if (bytes.length === 0) throw new FlashError("IMAGE_EMPTY", { file });
  return bytes;
}

function unpack(stored: Buffer, file: string): Buffer {
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

function refuseAgentImage(bytes: Buffer, file: string, trust: SignatureCheck | undefined): FlashError {
  try {
    const header = decodeImageHeader(bytes);
    const refusal = trust && judgeSignature(header, trust);
    if (refusal) return new FlashError("IMAGE_UNTRUSTED", { file, reason: refusal.reason });
    const found = bytes.length - header.payloadOffset;
    const expected = header.manifest.payload.size;
    if (found < expected)
      return new FlashError("IMAGE_TRUNCATED", {
        file,
        found: bytes.length,
        expected: header.payloadOffset + expected,
      });
    const what = `agent ${header.manifest.version} (${header.manifest.hardware.join(", ")})`;
    return new FlashError("IMAGE_NOT_A_DISK", { file, what });
  } catch (cause) {
    if (!(cause instanceof FirmwareError)) throw cause;
    return cause.code === "TRUNCATED"
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
