import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statfsSync,
  writeSync,
} from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { constants, crc32, deflateRawSync } from "node:zlib";
import * as z from "zod";
import { largestImage, unpack, type DiskImage } from "./image.ts";
import type { BackupStore } from "./job/backup.ts";
import { FlashError } from "./problem.ts";

// A backup is a gzip file (RFC 1952) of the whole disk, so that any tool unpacks it; what it is stands in its comment.
const magic = Buffer.from([0x1f, 0x8b, 8, 0x10, 0, 0, 0, 0, 0, 0xff]);
const chunkBytes = 16 << 20;
const longestComment = 4096;

/** What a backup says of itself. */
const backupFacts = z.object({
  format: z.literal("tonalite-backup-1"),
  profile: z.string(),
  serial: z.string().nullable(),
  mac: z.string().nullable(),
  diskBytes: z.int().min(512).max(largestImage),
  /** of the unpacked disk */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  madeAt: z.iso.datetime(),
});
export type BackupFacts = z.infer<typeof backupFacts>;

/**
 * A backup that grows: a disk image with holes beside the file it becomes, which is how a reading that was ended goes on.
 * Both hold the box's secrets: their owner alone reads them.
 */
export class BackupDraft implements BackupStore {
  readonly #file: string;
  readonly #draft: string;
  readonly #handle: number;

  /** @throws FlashError `BACKUP_FAILED` when the file is there already, or cannot be written */
  constructor(file: string) {
    this.#file = resolve(file);
    this.#draft = `${this.#file}.part`;
    if (existsSync(this.#file)) throw failed(file, "it is there already");
    this.#handle = orFailed(file, () => openSync(this.#draft, existsSync(this.#draft) ? "r+" : "wx+", 0o600));
  }

  read(offset: number, length: number): Uint8Array {
    const bytes = Buffer.alloc(length);
    readSync(this.#handle, bytes, 0, length, offset);
    return bytes;
  }

  write(offset: number, bytes: Uint8Array): void {
    orFailed(this.#file, () => {
      const { size } = fstatSync(this.#handle);
      if (size < offset + bytes.length) ftruncateSync(this.#handle, offset + bytes.length);
      // Zeros beyond what was written are a hole, which takes no room.
      if (offset < size || bytes.some((byte) => byte !== 0))
        writeSync(this.#handle, bytes, 0, bytes.length, offset);
    });
  }

  reserve(bytes: number): void {
    const { bavail, bsize } = statfsSync(dirname(this.#draft));
    // Once as they are, and once more packed.
    if (bavail * bsize < 2 * bytes)
      throw new FlashError("BACKUP_NO_ROOM", {
        folder: dirname(this.#draft),
        need: Math.ceil((2 * bytes) / 2 ** 20),
        free: Math.floor((bavail * bsize) / 2 ** 20),
      });
  }

  /**
   * Packs it, reads the packed file back, and gives it its name; the draft is gone then.
   * @throws FlashError `BACKUP_FAILED`
   */
  finish(facts: Omit<BackupFacts, "format" | "sha256" | "madeAt">): BackupFacts & { bytes: number } {
    const { diskBytes } = facts;
    return orFailed(this.#file, () => {
      ftruncateSync(this.#handle, diskBytes);
      const hash = createHash("sha256");
      for (const chunk of this.#chunks(diskBytes)) hash.update(chunk);
      const whole: BackupFacts = {
        format: "tonalite-backup-1",
        ...facts,
        sha256: hash.digest("hex"),
        madeAt: new Date().toISOString(),
      };
      const packed = `${this.#file}.packed`;
      rmSync(packed, { force: true });
      const bytes = this.#pack(packed, whole);
      readBackup(packed);
      renameSync(packed, this.#file);
      rmSync(this.#draft);
      return { ...whole, bytes };
    });
  }

  close(): void {
    closeSync(this.#handle);
  }

  #pack(to: string, facts: BackupFacts): number {
    const out = openSync(to, "wx", 0o600);
    try {
      let written = 0;
      const put = (bytes: Uint8Array) => (written += writeSync(out, bytes));
      put(magic);
      put(Buffer.from(`${asciiJson(facts)}\0`, "latin1"));
      let sum = 0;
      for (const chunk of this.#chunks(facts.diskBytes)) {
        sum = crc32(chunk, sum);
        // Parts that end on a byte may follow one another (RFC 1951 §3.2.4: an empty stored block).
        put(deflateRawSync(chunk, { finishFlush: constants.Z_SYNC_FLUSH }));
      }
      put(deflateRawSync(Buffer.alloc(0)));
      const trailer = Buffer.alloc(8);
      trailer.writeUInt32LE(sum, 0);
      trailer.writeUInt32LE(facts.diskBytes % 2 ** 32, 4);
      put(trailer);
      fsyncSync(out);
      return written;
    } finally {
      closeSync(out);
    }
  }

  *#chunks(total: number): Generator<Buffer> {
    for (let offset = 0; offset < total; offset += chunkBytes)
      yield Buffer.from(this.read(offset, Math.min(chunkBytes, total - offset)));
  }
}

/**
 * Reads a backup and checks that it is whole.
 * @throws FlashError `IMAGE_MISSING`, `IMAGE_TRUNCATED`, `IMAGE_DAMAGED`, `BACKUP_FOREIGN_FILE`
 */
export function readBackup(path: string): { image: DiskImage; facts: BackupFacts } {
  const file = basename(path);
  let stored: Buffer;
  try {
    stored = readFileSync(path);
  } catch (cause) {
    throw new FlashError("IMAGE_MISSING", { file: path }, { cause });
  }
  const facts = factsOf(stored);
  if (!facts) throw new FlashError("BACKUP_FOREIGN_FILE", { file });
  const bytes = unpack(stored, file);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  if (bytes.length !== facts.diskBytes || sha256 !== facts.sha256)
    throw new FlashError("IMAGE_DAMAGED", { file, reason: "SHA-256" });
  return { image: { file, bytes, sha256, checks: ["gzip CRC-32", "SHA-256"] }, facts };
}

function factsOf(stored: Buffer): BackupFacts | undefined {
  const end = stored.indexOf(0, magic.length);
  const isOurs = stored.subarray(0, magic.length).equals(magic) && end > 0 && end < longestComment;
  if (!isOurs) return undefined;
  try {
    return backupFacts.parse(JSON.parse(stored.toString("latin1", magic.length, end)));
  } catch {
    return undefined;
  }
}

// The comment of a gzip file is Latin-1 without NUL; a board's serial number may be anything.
function asciiJson(value: object): string {
  const escaped = (letter: string) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(value).replaceAll(/[^\x20-\x7e]/g, escaped);
}

function failed(file: string, reason: string, cause?: unknown): FlashError {
  return new FlashError("BACKUP_FAILED", { file, reason }, { cause });
}

/** Does something with files. @throws FlashError `BACKUP_FAILED` where the system refuses */
function orFailed<T>(file: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    if (cause instanceof FlashError || !(cause instanceof Error)) throw cause;
    throw failed(file, cause.message, cause);
  }
}
