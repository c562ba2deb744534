import { dirname } from "node:path";
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
const firstRead = 64 * 1024;
// A cut download loses this much at most.
const syncEvery = 256 * 1024;

/**
 * Reads the start of a remote image and judges it: nothing more is fetched of an image that this box may not take.
 * @throws Rejection, TransportError, FirmwareError, TemporaryFailure
 */
export async function fetchFacts(
  source: ImageSource,
  target: ImageTarget,
  check: SignatureCheck,
): Promise<{ image: ImageFacts; files: readonly ImageFile[] }> {
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
  return { image, files: header.manifest.files };
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

function factsOf({ manifest, payloadOffset }: ImageHeader, etag: string | null): ImageFacts {
  const { version, securityFloor, payload } = manifest;
  return {
    version,
    securityFloor,
    payloadOffset,
    size: payloadOffset + payload.size,
    sha256: payload.sha256,
    etag,
  };
}

/** How much of the file is surely on the medium: kept outside it, for the next start. */
export type DownloadMark = { load(): number; save(offset: number): void };

/**
 * Fetches the whole image into a file, from where an earlier try surely got to.
 * @param hold resolves when the line can spare the bandwidth: a call's audio comes first
 * @returns "renewed" when the server has other bytes now than the header that was judged
 * @throws Rejection, TransportError, TemporaryFailure
 */
export async function downloadImage(options: {
  source: ImageSource;
  disk: Disk;
  path: string;
  image: ImageFacts;
  mark: DownloadMark;
  hold: () => Promise<void>;
  /** Told how many bytes are on the medium. */
  progress: (bytes: number) => void;
}): Promise<"complete" | "renewed"> {
  const { source, disk, path, image, mark } = options;
  const file = await openPartial(disk, path);
  try {
    const offset = Math.min(mark.load(), await file.size());
    if (offset === image.size) return "complete";
    // The bytes are synced as they come; the file's name must be on the medium before them.
    await disk.syncFolder(dirname(path));
    await options.hold();
    const reply = await source.transport.open({
      ...source,
      start: offset,
      ...(image.etag !== null && offset > 0 && { ifRange: image.etag }),
    });
    if (reply.status === 416 || isOther(reply, image)) {
      reply.close();
      return "renewed";
    }
    requireBytes(reply);
    requireRange(reply, offset);
    return await append(reply, file, reply.start, options);
  } finally {
    await file.close();
  }
}

// A part must be the one that was asked for (RFC 9110 §15.3.7); 200 brings the whole, from 0.
function requireRange(reply: RangeReply, start: number): void {
  if (reply.status === 200 || reply.start === start) return;
  reply.close();
  throw new TemporaryFailure("DOWNLOAD_INCOMPLETE", "the file server answered another range than asked for");
}

function isOther(reply: RangeReply, image: ImageFacts): boolean {
  if (reply.status !== 200 && reply.status !== 206) return false;
  if (reply.total !== null && reply.total !== image.size) return true;
  return reply.etag !== image.etag;
}

async function append(
  reply: RangeReply,
  file: DiskFile,
  offset: number,
  {
    image,
    mark,
    hold,
    progress,
  }: { image: ImageFacts; mark: DownloadMark; hold: () => Promise<void>; progress: (bytes: number) => void },
): Promise<"complete" | "renewed"> {
  let position = offset;
  let synced = offset;
  const settle = async (): Promise<void> => {
    if (position === synced) return;
    await file.sync();
    mark.save(position);
    synced = position;
    progress(position);
  };
  // A whole file in answer to a range begins again at 0: the mark goes back before the bytes behind it change.
  mark.save(offset);
  await file.truncate(offset);
  try {
    for await (const bytes of reply.body) {
      if (position + bytes.length > image.size) return "renewed";
      await file.write(bytes, position);
      position += bytes.length;
      if (position - synced >= syncEvery) await settle();
      await hold();
    }
  } finally {
    reply.close();
    await settle();
  }
  if (position < image.size)
    throw new TemporaryFailure(
      "DOWNLOAD_INCOMPLETE",
      `the download stopped at ${position} of ${image.size} bytes`,
    );
  return "complete";
}

async function openPartial(disk: Disk, path: string): Promise<DiskFile> {
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
