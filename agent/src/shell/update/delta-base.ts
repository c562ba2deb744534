import { hash } from "node:crypto";
import { chunkLength, chunkSizes, digestDigits } from "../../core/delta/index.ts";
import type { Disk, DiskFile } from "./disk.ts";

/** Where chunks lie that the box has already, by their digests. */
export type DeltaBase = Map<string, { path: string; offset: number; length: number }>;

// Read at once: a step of the search, between which the event loop turns.
const stretch = 2 * chunkSizes.most;
const nothing = Buffer.alloc(stretch);

/**
 * Looks through files, or partitions, for chunks that are wanted, and for no longer than some are missing.
 * A file that cannot be read has none.
 */
export async function findChunks(
  disk: Disk,
  paths: readonly string[],
  wanted: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<DeltaBase> {
  const found: DeltaBase = new Map();
  const room = Buffer.allocUnsafe(stretch);
  for (const path of paths) {
    const file = await disk.open(path, "read").catch(() => undefined);
    if (!file) continue;
    try {
      await search({ file, path, room }, wanted, found, signal);
    } finally {
      await file.close();
    }
  }
  return found;
}

async function search(
  { file, path, room }: { file: DiskFile; path: string; room: Buffer },
  wanted: ReadonlySet<string>,
  found: DeltaBase,
  signal: AbortSignal,
): Promise<void> {
  for (let offset = 0; found.size < wanted.size;) {
    signal.throwIfAborted();
    const bytes = await file.read(stretch, offset, room);
    const isLast = bytes.length < stretch;
    // The rest of a partition that an image does not fill: a third of it.
    if (!isLast && Buffer.compare(bytes, nothing) === 0) {
      offset += stretch;
      continue;
    }
    // Where a chunk may still begin: behind it there is all that its end can depend on.
    const end = isLast ? bytes.length : bytes.length - chunkSizes.most + 1;
    let start = 0;
    while (start < end) {
      const length = chunkLength(bytes, start);
      const digest = digestOf(bytes.subarray(start, start + length));
      if (wanted.has(digest) && !found.has(digest))
        found.set(digest, { path, offset: offset + start, length });
      start += length;
    }
    if (isLast) return;
    offset += start;
  }
}

/** A chunk's name in lists of chunks. */
export function digestOf(bytes: Uint8Array): string {
  // Thousands of hash objects would wait for the garbage collector, each with memory it does not see.
  return hash("sha256", bytes, "hex").slice(0, digestDigits);
}
