import { createHash } from "node:crypto";
import {
  decodeTarEntry,
  encodeTarEntry,
  FirmwareError,
  tarBlock,
  tarEnd,
} from "@tonalite/agent/core/firmware";
import { FirmwareToolError } from "../problem.ts";

const block = tarBlock;
/** Bytes of the partition `factory`. */
export const factoryBytes = 1 << 20;
/** Where the second copy begins. */
export const copyBytes = factoryBytes / 2;

/**
 * The content of the partition `factory`: a box's identity, which outlives its data. Two copies, so that one damaged block
 * costs nothing; each is a line `tonalite-factory 1 BYTES SHA256` in a block of 512 bytes, then a ustar archive
 * (`files/unpack-factory` reads it). A second line, `serial=…`, is for U-Boot, which asks it of a technician's ticket.
 * @param files text of `identity.json`, `agent-arguments`, `acs-password`, `trust/*`: by path
 * @throws FirmwareToolError when they do not fit
 */
export function encodeFactoryPartition(files: Readonly<Record<string, string>>): Buffer {
  const archive = Buffer.concat([...Object.entries(files).map(entry), tarEnd]);
  if (block + archive.length > copyBytes)
    throw new FirmwareToolError(
      `the factory partition holds ${copyBytes - block} bytes, its content has ${archive.length}`,
    );
  const hash = createHash("sha256").update(archive).digest("hex");
  const copy = Buffer.alloc(copyBytes);
  copy.write(`tonalite-factory 1 ${archive.length} ${hash}\n${serialLine(files)}`, "latin1");
  archive.copy(copy, block);
  return Buffer.concat([copy, copy]);
}

function serialLine(files: Readonly<Record<string, string>>): string {
  const serial = /"serial":\s*"([A-Za-z0-9._-]{1,64})"/.exec(files["identity.json"] ?? "")?.[1];
  return serial === undefined ? "" : `serial=${serial}\n`;
}

function entry([path, text]: [string, string]): Buffer {
  const bytes = Buffer.from(text);
  const padding = Buffer.alloc((block - (bytes.length % block)) % block);
  return Buffer.concat([encodeTarEntry({ path, size: bytes.length, mode: 0o644 }), bytes, padding]);
}

/** The header of a copy: how long its archive is, and the archive's SHA-256; undefined where there is none. */
export function decodeFactoryHeader(start: Uint8Array): { bytes: number; sha256: string } | undefined {
  const line = Buffer.from(start.subarray(0, block)).toString("latin1").split("\n")[0] ?? "";
  const [, bytes, sha256] = /^tonalite-factory 1 (\d{1,6}) ([0-9a-f]{64})$/.exec(line) ?? [];
  if (sha256 === undefined || Number(bytes) > copyBytes - block) return undefined;
  return { bytes: Number(bytes), sha256 };
}

/**
 * Reads the content of the partition `factory`, from the copy that is whole.
 * @returns its files by path; undefined when neither copy is
 */
export function decodeFactoryPartition(partition: Uint8Array): Record<string, string> | undefined {
  for (const start of [0, copyBytes]) {
    const header = decodeFactoryHeader(partition.subarray(start));
    const archive = partition.subarray(start + block, start + block + (header?.bytes ?? 0));
    if (header && createHash("sha256").update(archive).digest("hex") === header.sha256)
      return decodeFactoryArchive(archive);
  }
  return undefined;
}

/** The files of an archive whose hash is right; undefined when it is none after all. */
export function decodeFactoryArchive(archive: Uint8Array): Record<string, string> | undefined {
  const files: Record<string, string> = {};
  try {
    for (let at = 0; at < archive.length;) {
      const found = decodeTarEntry(archive.subarray(at, at + block));
      if (!found) break;
      at += block;
      files[found.path] = Buffer.from(archive.subarray(at, at + found.size)).toString();
      at += Math.ceil(found.size / block) * block;
    }
  } catch (error) {
    if (error instanceof FirmwareError) return undefined;
    throw error;
  }
  return files;
}
