import { createHash, sign } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import {
  encodeImageHeader,
  encodeSignedPart,
  encodeTarEntry,
  maximumPayload,
  tarBlock,
  tarEnd,
  versionPattern,
} from "@tonalite/agent/core/firmware";
import { diskFile, diskProduct } from "./disk-product.ts";
import { keyIdOf, readPrivateKey } from "./keys.ts";
import { FirmwareToolError } from "./problem.ts";

/** The whole disk of a board, as the field tool writes it. */
export type DiskOrder = {
  disk: string;
  version: string;
  hardware: readonly string[];
  key: string;
  out: string;
  securityFloor?: number;
};

/**
 * Signs the disk image of a board: packed, with who made it, for which boards, and its security floor.
 * @throws FirmwareToolError
 */
export function signDisk(order: DiskOrder): { size: number; sha256: string } {
  const { version, hardware, securityFloor = 0, out } = order;
  if (!versionPattern.test(version))
    throw new FirmwareToolError(`“${version}” is not a version such as 1.2.3`);
  const key = readPrivateKey(order.key);
  const packed = gzipSync(read(order.disk), { level: 9 });
  const payload = Buffer.concat([
    encodeTarEntry({ path: diskFile, size: packed.length, mode: 0o644 }),
    packed,
    Buffer.alloc((tarBlock - (packed.length % tarBlock)) % tarBlock),
    tarEnd,
  ]);
  if (payload.length > maximumPayload)
    throw new FirmwareToolError(
      `the packed disk has ${payload.length} bytes, at most ${maximumPayload} may be`,
    );
  const signed = encodeSignedPart({
    format: 1,
    product: diskProduct,
    version,
    hardware: [...hardware],
    securityFloor,
    keyId: keyIdOf(key),
    payload: { size: payload.length, sha256: sha256(payload) },
    files: [{ path: diskFile, size: packed.length, sha256: sha256(packed), mode: 0o644 }],
    createdAt: new Date().toISOString(),
  });
  const bytes = Buffer.concat([encodeImageHeader(signed, sign(null, signed, key)), payload]);
  writeFileSync(out, bytes);
  return { size: bytes.length, sha256: sha256(bytes) };
}

function read(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new FirmwareToolError(`${file} cannot be read`, { cause });
  }
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
