import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import {
  decodeTarEntry,
  FirmwareError,
  tarBlock,
  type ImageFile,
  type ImageManifest,
} from "../../core/firmware/index.ts";
import type { ChecksumAlgorithm } from "../../core/update/index.ts";
import type { Disk, DiskFile } from "./disk.ts";
import { readHeader } from "./image-file.ts";

const chunk = 64 * 1024;
// RFC 1952 §2.3.1; no archive begins so, for it begins with a file's name.
const gzipMagic = Buffer.of(0x1f, 0x8b);

/** Where the content of one file goes, from its first byte to its last. */
export type Sink = {
  /** The bytes are the sink's until it resolves, and no longer. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** All that was written is on the medium when it resolves. */
  finish(): Promise<void>;
  /** Frees what it holds, whether it was finished or not. */
  close(): Promise<void>;
};

/**
 * Unpacks a verified image into a slot that is not in use: exactly the files of its manifest, each synced, then read
 * back and compared. A slot that was left half written is emptied first.
 * @throws FirmwareError `ARCHIVE_INVALID`, `ARCHIVE_HOSTILE`; errors of the disk as they come
 */
export async function installImage(disk: Disk, imageFile: string, slot: string): Promise<void> {
  await disk.remove(slot);
  await disk.makeFolder(slot);
  const manifest = await unpackImage(disk, imageFile, async ({ path, mode }) => {
    await disk.makeFolder(dirname(join(slot, path)));
    const target = await disk.open(join(slot, path), "create", mode);
    return {
      write: async (bytes, position) => await target.write(bytes, position),
      finish: async () => await target.sync(),
      close: async () => await target.close(),
    };
  });
  await syncFolders(disk, manifest, slot);
  await readBack(disk, manifest, slot);
}

/**
 * Unpacks a verified image: exactly the files of its manifest, each into what `place` opens for it.
 * @throws FirmwareError `ARCHIVE_INVALID`, `ARCHIVE_HOSTILE`; errors of the disk as they come
 */
export async function unpackImage(
  disk: Disk,
  imageFile: string,
  place: (file: ImageFile) => Promise<Sink>,
): Promise<ImageManifest> {
  const file = await disk.open(imageFile, "read");
  try {
    const { manifest, payloadOffset } = await readHeader(file);
    const isPacked = Buffer.compare(await file.read(gzipMagic.length, payloadOffset), gzipMagic) === 0;
    // A stream keeps the pieces that it was given.
    const room = isPacked ? undefined : Buffer.allocUnsafeSlow(chunk);
    await unpack(payload(file, payloadOffset, room), isPacked, manifest, place);
    return manifest;
  } finally {
    await file.close();
  }
}

async function unpack(
  bytes: AsyncIterable<Uint8Array>,
  isPacked: boolean,
  manifest: ImageManifest,
  place: (file: ImageFile) => Promise<Sink>,
): Promise<void> {
  const expected = new Map(manifest.files.map((file) => [file.path, file]));
  const gunzip = isPacked ? createGunzip() : undefined;
  // A failing disk fails the reader too; what the pipeline reports, the reader throws.
  if (gunzip) pipeline(Readable.from(bytes, { objectMode: false }), gunzip, () => {});
  const source = new ExactReader(gunzip ?? bytes);
  try {
    for (;;) {
      const entry = decodeTarEntry(await source.exactly(tarBlock));
      if (!entry) break;
      const file = expected.get(entry.path);
      if (!file || file.size !== entry.size || file.mode !== entry.mode)
        throw new FirmwareError(
          "ARCHIVE_INVALID",
          `“${entry.path}” is not in the archive as the manifest says`,
        );
      expected.delete(entry.path);
      await writeEntry(source, file, await place(file));
    }
  } catch (error) {
    if (isZlibError(error))
      throw new FirmwareError("ARCHIVE_INVALID", "the payload cannot be unpacked", { cause: error });
    throw error;
  } finally {
    gunzip?.destroy();
  }
  const [missing] = expected.keys();
  if (missing !== undefined)
    throw new FirmwareError("ARCHIVE_INVALID", `“${missing}” is missing from the archive`);
}

async function writeEntry(source: ExactReader, file: ImageFile, sink: Sink): Promise<void> {
  try {
    for (let position = 0; position < file.size; position += chunk)
      await sink.write(await source.exactly(Math.min(chunk, file.size - position)), position);
    await source.exactly((tarBlock - (file.size % tarBlock)) % tarBlock);
    await sink.finish();
  } finally {
    await sink.close();
  }
}

async function syncFolders(disk: Disk, manifest: ImageManifest, slot: string): Promise<void> {
  const folders = new Set([slot, dirname(slot), dirname(dirname(slot))]);
  for (const { path } of manifest.files)
    for (let folder = dirname(path); folder !== "."; folder = dirname(folder))
      folders.add(join(slot, folder));
  for (const folder of folders) await disk.syncFolder(folder);
}

async function readBack(disk: Disk, manifest: ImageManifest, slot: string): Promise<void> {
  const found = await disk.list(slot);
  if (found.length !== manifest.files.length)
    throw new FirmwareError(
      "ARCHIVE_INVALID",
      `the slot holds ${found.length} files, not ${manifest.files.length}`,
    );
  for (const { path, size, sha256 } of manifest.files) {
    const file = await disk.open(join(slot, path), "read");
    try {
      if ((await file.size()) !== size || (await hashFrom(file, 0)) !== sha256)
        throw new FirmwareError("ARCHIVE_INVALID", `“${path}” does not read back as the manifest says`);
    } finally {
      await file.close();
    }
  }
}

/** Lower-case hexadecimal hash of a whole file by the name that TR-181 gives the algorithm. */
export async function hashOf(disk: Disk, path: string, algorithm: ChecksumAlgorithm): Promise<string> {
  const file = await disk.open(path, "read");
  try {
    return await hashFrom(file, 0, algorithm.replace("-", "").toLowerCase());
  } finally {
    await file.close();
  }
}

/** Lower-case hexadecimal hash, SHA-256 by default, of a file's bytes from a position to its end. */
export async function hashFrom(file: DiskFile, position: number, algorithm = "sha256"): Promise<string> {
  const hash = createHash(algorithm);
  for await (const bytes of payload(file, position, Buffer.allocUnsafeSlow(chunk))) hash.update(bytes);
  return hash.digest("hex");
}

// `room`: where each piece is read into, for who is done with one before asking for the next. Buffers of their own would
// fill a small box's memory before the garbage collector looks: it hardly sees them.
async function* payload(file: DiskFile, start: number, room?: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let position = start; ; position += chunk) {
    const bytes = await file.read(chunk, position, room);
    if (bytes.length > 0) yield bytes;
    if (bytes.length < chunk) return;
  }
}

function isZlibError(error: unknown): boolean {
  return error instanceof Error && "code" in error && String(error.code).startsWith("Z_");
}

/** Takes exactly so many bytes at a time from a stream: an archive that ends early is an error, never a short file. */
class ExactReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #room = Buffer.allocUnsafeSlow(chunk);
  #rest: Uint8Array = new Uint8Array(0);
  constructor(source: AsyncIterable<Uint8Array>) {
    this.#chunks = source[Symbol.asyncIterator]();
  }
  /** @returns bytes that hold until the next call; at most `chunk` of them */
  async exactly(length: number): Promise<Uint8Array> {
    for (let got = 0; got < length;) {
      if (this.#rest.length === 0) {
        const next = await this.#chunks.next();
        if (next.done) throw new FirmwareError("ARCHIVE_INVALID", "the archive ends too early");
        this.#rest = next.value;
      }
      const part = this.#rest.subarray(0, length - got);
      this.#rest = this.#rest.subarray(part.length);
      this.#room.set(part, got);
      got += part.length;
    }
    return this.#room.subarray(0, length);
  }
}
