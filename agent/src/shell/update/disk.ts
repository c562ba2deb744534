import { readFile } from "node:fs";
import { mkdir, open, readdir, rename, rm, statfs, type FileHandle } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { promisify } from "node:util";
import { openMedium } from "./medium.ts";

/** An open file of a {@link Disk}. Positions and sizes in bytes. */
export interface DiskFile {
  size(): Promise<number>;
  /**
   * At most `length` bytes; fewer only at the end of the file.
   * @param into may hold them, where one who reads much would make much garbage
   */
  read(length: number, position: number, into?: Uint8Array): Promise<Uint8Array>;
  write(bytes: Uint8Array, position: number): Promise<void>;
  truncate(size: number): Promise<void>;
  /** The content is on the medium when it resolves. The name is not: that is its folder's. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** The files of a box, with what POSIX promises about a power cut and no more. Tests put one in memory that loses power. */
export interface Disk {
  /** The whole of a small file; undefined when there is none. */
  read(path: string): Promise<Uint8Array | undefined>;
  /**
   * `create` empties a file that exists; `mode` is for a new file. `medium` reads a device past the cache, to see what
   * was truly written.
   */
  open(path: string, how: "read" | "medium" | "write" | "create", mode?: number): Promise<DiskFile>;
  rename(from: string, to: string): Promise<void>;
  /** With everything below; nothing happens when it is not there. */
  remove(path: string): Promise<void>;
  /** With its parents; nothing happens when it is there. */
  makeFolder(path: string): Promise<void>;
  /** New, changed and removed names in the folder are on the medium when it resolves. */
  syncFolder(path: string): Promise<void>;
  /** Paths of all files below a folder, relative to it; empty when there is none. */
  list(path: string): Promise<string[]>;
  freeBytes(path: string): Promise<number>;
}

/** The disk of this machine. */
export const systemDisk: Disk = {
  async read(path) {
    // Not with node:fs/promises, 0.7 MB with what it loads: reading is all that a start without an update does.
    return await absentAs(undefined, promisify(readFile)(path));
  },
  async open(path, how, mode = 0o600) {
    if (how === "medium") return await openMedium(path);
    const flags = { read: "r", write: "r+", create: "w+" }[how];
    const handle = await open(path, flags, mode);
    // The mode of a new file is cut by the umask; what an image says is meant exactly.
    if (how === "create") await handle.chmod(mode);
    return systemFile(handle);
  },
  async rename(from, to) {
    await rename(from, to);
  },
  async remove(path) {
    await rm(path, { recursive: true, force: true });
  },
  async makeFolder(path) {
    await mkdir(path, { recursive: true });
  },
  async syncFolder(path) {
    const handle = await open(path, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
  async list(path) {
    const entries = await absentAs([], readdir(path, { recursive: true, withFileTypes: true }));
    return entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => relative(path, join(entry.parentPath, entry.name)));
  },
  async freeBytes(path) {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  },
};

/**
 * Replaces a small file so that a power cut leaves the old content or the new, never a mixture.
 * @param mode of the file; the default keeps it to its owner
 */
export async function replaceFile(disk: Disk, path: string, bytes: Uint8Array, mode = 0o600): Promise<void> {
  const next = `${path}.next`;
  const file = await disk.open(next, "create", mode);
  try {
    await file.write(bytes, 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await disk.rename(next, path);
  await disk.syncFolder(dirname(path));
}

function systemFile(handle: FileHandle): DiskFile {
  return {
    size: async () => (await handle.stat()).size,
    async read(length, position, into) {
      const buffer = into ?? Buffer.allocUnsafe(length);
      let got = 0;
      while (got < length) {
        const { bytesRead } = await handle.read(buffer, got, length - got, position + got);
        if (bytesRead === 0) break;
        got += bytesRead;
      }
      return buffer.subarray(0, got);
    },
    async write(bytes, position) {
      let put = 0;
      while (put < bytes.length) {
        const { bytesWritten } = await handle.write(bytes, put, bytes.length - put, position + put);
        put += bytesWritten;
      }
    },
    truncate: async (size) => await handle.truncate(size),
    sync: async () => await handle.sync(),
    close: async () => await handle.close(),
  };
}

async function absentAs<T>(value: T, operation: Promise<T>): Promise<T> {
  try {
    return await operation;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return value;
    throw error;
  }
}
