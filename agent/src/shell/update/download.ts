import { createHash } from "node:crypto";
import {
  decodeImageHeader,
  FirmwareError,
  imageHeaderSize,
  judgeImage,
  type ImageFile,
  type ImageHeader,
  type ImageTarget,
  type SignatureCheck,
} from "../../core/firmware/index.ts";
import { refusalRejection, type ImageFacts } from "../../core/update/index.ts";
import { hashFrom } from "./archive.ts";
import type { Credentials } from "../net/authentication.ts";
import type { Disk, DiskFile } from "./disk.ts";
import { readHeader } from "./image-file.ts";
import { Rejection, requireBytes, TemporaryFailure } from "./rejection.ts";
import type { RangeReply, Transport } from "./transport.ts";

/** Where an image comes from. */
export type ImageSource = {
  transport: Transport;
  url: string;
  credentials?: Credentials;
  signal: AbortSignal;
};

// Almost every header fits; a longer one costs a second request.
const firstRead = 128 * 1024;

/**
 * Reads the start of a remote image and judges it: nothing more is fetched of an image that this box may not take.
 * @throws Rejection, TransportError, FirmwareError, TemporaryFailure
 */
export async function fetchFacts(
  source: ImageSource,
  target: ImageTarget,
  check: SignatureCheck,
): Promise<{ image: ImageFacts; files: readonly ImageFile[]; header: ImageHeader }> {
  let start = await readStart(source, firstRead);
  const size = imageHeaderSize(start.bytes);
  if (start.bytes.length < size && start.bytes.length === firstRead) start = await readStart(source, size);
  const header = decodeImageHeader(start.bytes);
  requireFit(header, target, check);
  const image = factsOf(header, start.etag);
  if (start.total !== null && start.total !== image.size)
    throw new Rejection(
      "IMAGE_CORRUPTED",
      `the file has ${start.total} bytes, its header says ${image.size}`,
      image.version,
    );
  return { image, files: header.manifest.files, header };
}

async function readStart(
  source: ImageSource,
  length: number,
): Promise<{ bytes: Uint8Array; etag: string | null; total: number | null }> {
  const reply = await source.transport.open({ ...source, start: 0, end: length - 1 });
  requireBytes(reply);
  requireRange(reply, 0);
  try {
    const parts: Uint8Array[] = [];
    let got = 0;
    for await (const part of reply.body) {
      parts.push(part);
      got += part.length;
      if (got >= length) break;
    }
    return { bytes: Buffer.concat(parts).subarray(0, length), etag: reply.etag, total: reply.total };
  } finally {
    reply.close();
  }
}

function requireFit(header: ImageHeader, target: ImageTarget, check: SignatureCheck): void {
  const refusal = judgeImage(header, target, check);
  if (refusal) throw new Rejection(refusalRejection(refusal.code), refusal.reason, header.manifest.version);
}

function factsOf(header: ImageHeader, etag: string | null): ImageFacts {
  const { manifest, payloadOffset } = header;
  const { version, securityFloor, payload } = manifest;
  return {
    version,
    securityFloor,
    headerSha256: createHash("sha256").update(header.signed).update(header.signature).digest("hex"),
    payloadOffset,
    size: payloadOffset + payload.size,
    sha256: payload.sha256,
    etag,
  };
}

/**
 * Refuses a part that is not the one that was asked for (RFC 9110 §15.3.7); 200 brings the whole, from 0.
 * @throws TemporaryFailure
 */
export function requireRange(reply: RangeReply, start: number): void {
  if (reply.status === 200 || reply.start === start) return;
  reply.close();
  throw new TemporaryFailure("DOWNLOAD_INCOMPLETE", "the file server answered another range than asked for");
}

/** The file that a download goes on with, empty where there is none. */
export async function openPartial(disk: Disk, path: string): Promise<DiskFile> {
  try {
    return await disk.open(path, "write");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT")
      return await disk.open(path, "create");
    throw error;
  }
}

/**
 * Judges the downloaded file as a whole, header and payload, as if nothing had been checked before.
 * @returns "damaged" when the bytes are not those that the judged header promised
 * @throws Rejection
 */
export async function verifyImage(
  disk: Disk,
  path: string,
  image: ImageFacts,
  target: ImageTarget,
  check: SignatureCheck,
): Promise<"good" | "damaged"> {
  const file = await openPartial(disk, path);
  try {
    if ((await file.size()) !== image.size) return "damaged";
    const header = await readableHeader(file);
    if (!header) return "damaged";
    const refusal = judgeImage(header, target, check);
    if (refusal?.code === "SIGNATURE_INVALID") return "damaged";
    if (refusal) throw new Rejection(refusalRejection(refusal.code), refusal.reason, image.version);
    const same = header.manifest.version === image.version && header.manifest.payload.sha256 === image.sha256;
    if (!same || header.payloadOffset !== image.payloadOffset) return "damaged";
    return (await hashFrom(file, image.payloadOffset)) === image.sha256 ? "good" : "damaged";
  } finally {
    await file.close();
  }
}

// The header was readable when it was judged: one that is not has been damaged since.
async function readableHeader(file: DiskFile): Promise<ImageHeader | undefined> {
  try {
    return await readHeader(file);
  } catch (error) {
    if (error instanceof FirmwareError) return undefined;
    throw error;
  }
}
