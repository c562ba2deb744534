import { FirmwareError } from "./errors.ts";
import { imageManifest, type ImageManifest } from "./manifest.ts";

// Layout: "TONALIMG" · u32le manifest length · manifest · Ed25519 signature (RFC 8032) · payload (tar, packed with gzip or not).
const magic = "TONALIMG";
const signatureSize = 64;
const maximumManifest = 512 * 1024;

/** Bytes before the manifest: enough of a file to tell how long its header is. */
export const prefixSize = magic.length + 4;

/** A header read from the start of an image; nothing in it may be believed before its signature is verified. */
export type ImageHeader = {
  manifest: ImageManifest;
  /** The bytes that the signature covers: magic, length and manifest. */
  signed: Uint8Array;
  /** Ed25519, 64 bytes. */
  signature: Uint8Array;
  /** Where the payload starts in the file, in bytes. */
  payloadOffset: number;
};

/**
 * How many bytes the header takes, from the first {@link prefixSize} bytes of a file.
 * @throws FirmwareError `TRUNCATED`, `NOT_AN_IMAGE`, `MANIFEST_TOO_LARGE`
 */
export function imageHeaderSize(bytes: Uint8Array): number {
  const start = String.fromCharCode(...bytes.subarray(0, magic.length));
  if (!magic.startsWith(start))
    throw new FirmwareError("NOT_AN_IMAGE", "the file does not start as a firmware image");
  if (bytes.length < prefixSize) throw new FirmwareError("TRUNCATED", "the image ends inside its header");
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(magic.length, true);
  if (length > maximumManifest)
    throw new FirmwareError(
      "MANIFEST_TOO_LARGE",
      `the manifest has ${length} bytes, the limit is ${maximumManifest}`,
    );
  return prefixSize + length + signatureSize;
}

/**
 * Reads the header at the start of an image (`bytes` may go on with the payload).
 * @throws FirmwareError `TRUNCATED`, `NOT_AN_IMAGE`, `MANIFEST_TOO_LARGE`, `MANIFEST_INVALID`
 */
export function decodeImageHeader(bytes: Uint8Array): ImageHeader {
  const size = imageHeaderSize(bytes);
  if (bytes.length < size) throw new FirmwareError("TRUNCATED", "the image ends inside its header");
  const signed = bytes.slice(0, size - signatureSize);
  const manifest = parseManifest(signed.subarray(prefixSize));
  return {
    manifest,
    signed,
    signature: bytes.slice(size - signatureSize, size),
    payloadOffset: size,
  };
}

/**
 * The part of a header that is signed.
 * @throws FirmwareError `MANIFEST_INVALID`, `MANIFEST_TOO_LARGE`
 */
export function encodeSignedPart(manifest: ImageManifest): Uint8Array {
  const checked = imageManifest.safeParse(manifest);
  if (!checked.success) throw new FirmwareError("MANIFEST_INVALID", issues(checked.error.issues));
  const text = JSON.stringify(checked.data);
  if (text.length > maximumManifest)
    throw new FirmwareError(
      "MANIFEST_TOO_LARGE",
      `the manifest has ${text.length} bytes, the limit is ${maximumManifest}`,
    );
  const bytes = new Uint8Array(prefixSize + text.length);
  writeAscii(bytes, 0, magic);
  new DataView(bytes.buffer).setUint32(magic.length, text.length, true);
  writeAscii(bytes, prefixSize, text);
  return bytes;
}

/** A whole header: the signed part (of {@link encodeSignedPart}) and its 64-byte signature. */
export function encodeImageHeader(signed: Uint8Array, signature: Uint8Array): Uint8Array {
  if (signature.length !== signatureSize) throw new RangeError(`a signature has ${signatureSize} bytes`);
  const bytes = new Uint8Array(signed.length + signatureSize);
  bytes.set(signed);
  bytes.set(signature, signed.length);
  return bytes;
}

// Every string of a manifest is ASCII by its schema, which keeps this codec free of any text decoder.
function parseManifest(bytes: Uint8Array): ImageManifest {
  let text = "";
  if (bytes.some((byte) => byte > 0x7e))
    throw new FirmwareError("MANIFEST_INVALID", "the manifest is not plain text");
  const step = 4096;
  for (let start = 0; start < bytes.length; start += step)
    text += String.fromCharCode(...bytes.subarray(start, start + step));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new FirmwareError("MANIFEST_INVALID", "the manifest is not JSON", { cause });
  }
  const manifest = imageManifest.safeParse(value);
  if (!manifest.success) throw new FirmwareError("MANIFEST_INVALID", issues(manifest.error.issues));
  return manifest.data;
}

function issues(list: readonly { path: PropertyKey[]; message: string }[]): string {
  const first = list
    .slice(0, 3)
    .map((issue) => `${issue.path.map(String).join(".") || "manifest"}: ${issue.message}`);
  return `the manifest is not valid: ${first.join("; ")}`;
}

function writeAscii(bytes: Uint8Array, offset: number, text: string): void {
  for (let index = 0; index < text.length; index += 1) bytes[offset + index] = text.charCodeAt(index);
}
