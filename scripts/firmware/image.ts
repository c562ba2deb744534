import { createHash, sign } from "node:crypto";
import { existsSync, lstatSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { gunzipSync } from "node:zlib";
import {
  chunkLength,
  chunkSizes,
  digestDigits,
  encodeChunkList,
  type Chunk,
} from "@tonalite/agent/core/delta";
import { kernelFile, rootFile } from "@tonalite/agent/board";
import {
  decodeImageHeader,
  decodeTarEntry,
  encodeImageHeader,
  encodeSignedPart,
  encodeTarEntry,
  judgeSignature,
  maximumPayload,
  tarBlock,
  tarEnd,
  versionPattern,
  type ImageFile,
  type ImageManifest,
} from "@tonalite/agent/core/firmware";
import { keyIdOf, readPrivateKey, readTrust } from "./keys.ts";
import { FirmwareToolError } from "./problem.ts";

/** What to make an image of. */
export type ImageOrder = {
  /** A folder as a slot holds it, whose `image.json` gets the version; or a built board image, which has its version. */
  from: string;
  version: string;
  /** Hardware profile ids. */
  hardware: readonly string[];
  /** Private key file. */
  key: string;
  /** Where the image goes; not written when left out. */
  out?: string;
  securityFloor?: number;
  product?: string;
  /** ISO; fixed by those who need the same bytes twice. Default: now. */
  createdAt?: string;
};

type Content = { path: string; bytes: Buffer; mode: 0o644 | 0o755 };

/**
 * Builds and signs an image: equal folders, versions and `createdAt` give equal bytes.
 * @throws FirmwareToolError, FirmwareError
 */
export function buildImage(order: ImageOrder): { manifest: ImageManifest; bytes: Buffer } {
  if (!versionPattern.test(order.version))
    throw new FirmwareToolError(`“${order.version}” is not a version such as 1.2.3`);
  const key = readPrivateKey(order.key);
  const product = order.product ?? "tonalite-agent";
  const contents = readParts(order.from) ?? readFolder(order.from, { product, version: order.version });
  const payload = pack(contents);
  const signed = encodeSignedPart({
    format: 1,
    product,
    version: order.version,
    hardware: [...order.hardware],
    securityFloor: order.securityFloor ?? 0,
    keyId: keyIdOf(key),
    payload: { size: payload.length, sha256: sha256(payload) },
    files: contents.map(describe),
    createdAt: order.createdAt ?? new Date().toISOString(),
  });
  const header = encodeImageHeader(signed, sign(null, signed, key));
  const bytes = Buffer.concat([header, payload]);
  if (order.out !== undefined) writeFileSync(order.out, bytes);
  return { manifest: decodeImageHeader(bytes).manifest, bytes };
}

/** What a file is, whether it is whole, and (with `trust`) whether it may be believed. */
export type ImageReport = {
  manifest: ImageManifest;
  /** Bytes of the whole file. */
  size: number;
  /** Of the whole file. */
  sha256: string;
  problems: string[];
};

/**
 * Reads an image and checks all of it: length, payload hash, every file, and the signature where `trust` (a folder of
 * public keys, or one) is given.
 * @throws FirmwareToolError when it cannot be read, FirmwareError when it has no readable header
 */
export function inspectImage(file: string, trust?: string): ImageReport {
  const bytes = readBytes(file);
  const header = decodeImageHeader(bytes);
  const { manifest } = header;
  const payload = bytes.subarray(header.payloadOffset);
  const problems: string[] = [];
  const refusal = trust === undefined ? undefined : judgeSignature(header, readTrust(trust));
  if (refusal) problems.push(refusal.reason);
  if (payload.length !== manifest.payload.size)
    problems.push(`the payload has ${payload.length} bytes, the header says ${manifest.payload.size}`);
  else if (sha256(payload) !== manifest.payload.sha256)
    problems.push("the payload's hash does not fit the header");
  else problems.push(...payloadProblems(payload, manifest));
  return { manifest, size: bytes.length, sha256: sha256(bytes), problems };
}

function payloadProblems(payload: Buffer, manifest: ImageManifest): string[] {
  try {
    const isPacked = payload[0] === 0x1f && payload[1] === 0x8b;
    const files = unpack(isPacked ? gunzipSync(payload, { maxOutputLength: 2 * maximumPayload }) : payload);
    const listed = manifest.files.map(({ chunks: _chunks, ...file }) => file);
    const same = isDeepStrictEqual(files, listed);
    return same ? [] : ["the archive does not hold what the manifest lists"];
  } catch (error) {
    return [`the archive cannot be unpacked: ${error instanceof Error ? error.message : String(error)}`];
  }
}

function unpack(archive: Buffer): ImageFile[] {
  const files: ImageFile[] = [];
  for (let offset = 0; ;) {
    const entry = decodeTarEntry(archive.subarray(offset, offset + tarBlock));
    if (!entry) return files;
    const start = offset + tarBlock;
    files.push({ ...entry, sha256: sha256(archive.subarray(start, start + entry.size)) });
    offset = start + Math.ceil(entry.size / tarBlock) * tarBlock;
  }
}

/** Kernel and root file system of a built board image, which is what its slots take; undefined for any other folder. */
function readParts(folder: string): Content[] | undefined {
  const paths = [kernelFile, rootFile];
  if (!paths.every((path) => existsSync(join(folder, path)))) return undefined;
  return paths.map((path) => ({ path, bytes: readBytes(join(folder, path)), mode: 0o644 }));
}

function readFolder(folder: string, info: { product: string; version: string }): Content[] {
  let names: string[];
  try {
    names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  } catch (cause) {
    throw new FirmwareToolError(`${folder} is not a readable folder`, { cause });
  }
  const files = names.map((name) => join(folder, name)).filter((path) => !lstatSync(path).isDirectory());
  const contents = files.map((path) => readContent(folder, path)).filter(({ path }) => path !== "image.json");
  if (!contents.some(({ path }) => path === "agent.mjs"))
    throw new FirmwareToolError(`${folder} holds no agent.mjs: it is no image folder`);
  const own: Content = { path: "image.json", bytes: Buffer.from(`${JSON.stringify(info)}\n`), mode: 0o644 };
  // By code unit, whatever the locale: the order is part of the bytes.
  return [...contents, own].toSorted((left, right) => (left.path < right.path ? -1 : 1));
}

function readContent(folder: string, path: string): Content {
  const stat = lstatSync(path);
  if (!stat.isFile()) throw new FirmwareToolError(`${path} is not a plain file; an image holds nothing else`);
  const mode = (stat.mode & 0o100) === 0 ? 0o644 : 0o755;
  return { path: relative(folder, path).split(sep).join("/"), bytes: readFileSync(path), mode };
}

function pack(contents: readonly Content[]): Buffer {
  const parts = contents.flatMap(({ path, bytes, mode }) => [
    encodeTarEntry({ path, size: bytes.length, mode }),
    bytes,
    Buffer.alloc((tarBlock - (bytes.length % tarBlock)) % tarBlock),
  ]);
  // Not packed: what is large in it is packed already, and a box that has most of it finds the rest by its chunks.
  return Buffer.concat([...parts, tarEnd]);
}

function describe({ path, bytes, mode }: Content): ImageFile {
  const file = { path, size: bytes.length, mode, sha256: sha256(bytes) };
  return bytes.length <= chunkSizes.least ? file : { ...file, chunks: encodeChunkList(chunksOf(bytes)) };
}

function chunksOf(bytes: Buffer): Chunk[] {
  const chunks: Chunk[] = [];
  for (let start = 0; start < bytes.length;) {
    const length = chunkLength(bytes, start);
    const digest = sha256(bytes.subarray(start, start + length)).slice(0, digestDigits);
    chunks.push({ length, digest });
    start += length;
  }
  return chunks;
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function readBytes(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new FirmwareToolError(`${file} cannot be read`, { cause });
  }
}
