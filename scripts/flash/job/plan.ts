import { crc32, gzipSync } from "node:zlib";

/** What is compared at once, in bytes: small enough to spare the wire, large enough to be quick. */
export const windowSize = 256 * 1024;

/** A run of windows that is written at once: unpacked, and as it goes over the wire. */
const largestRun = 16 * 1024 * 1024;
const largestParcel = 2 * 1024 * 1024;

/** A part of the image, in bytes from its start. */
export type Span = { offset: number; length: number };

/** What must be done for a span: `zero` needs no data, `parcel` is gzip. */
export type Work = Span & ({ how: "zero" } | { how: "parcel"; parcel: Buffer });

/** The image in pieces of `size`; the last may be shorter. */
export function spans(total: number, size: number): Span[] {
  return Array.from({ length: Math.ceil(total / size) }, (_, index) => ({
    offset: index * size,
    length: Math.min(size, total - index * size),
  }));
}

/** Neighbouring windows, all zero or all not, become one piece of work that an interruption may cost. */
export function planWork(image: Uint8Array, windows: readonly Span[]): Work[] {
  const work: Work[] = [];
  for (const run of joinRuns(image, windows)) {
    if (isZero(image, run)) work.push({ ...run, how: "zero" });
    else work.push(...pack(image, run));
  }
  return work;
}

export function checksum(image: Uint8Array, { offset, length }: Span): number {
  return crc32(image.subarray(offset, offset + length));
}

function joinRuns(image: Uint8Array, windows: readonly Span[]): Span[] {
  const runs: (Span & { zero: boolean })[] = [];
  for (const window of windows) {
    const zero = isZero(image, window);
    const last = runs.at(-1);
    const fits = last && last.offset + last.length === window.offset && last.zero === zero;
    if (fits && last.length + window.length <= largestRun) last.length += window.length;
    else runs.push({ ...window, zero });
  }
  return runs.map(({ offset, length }) => ({ offset, length }));
}

// Halved until the packed part is small enough: what a pulled cable costs is bounded in wire time, not in image bytes.
function pack(image: Uint8Array, run: Span): Work[] {
  const parcel = gzipSync(image.subarray(run.offset, run.offset + run.length), { level: 9 });
  if (parcel.length <= largestParcel || run.length <= windowSize) return [{ ...run, how: "parcel", parcel }];
  const half = Math.ceil(run.length / 2 / windowSize) * windowSize;
  return [
    ...pack(image, { offset: run.offset, length: half }),
    ...pack(image, { offset: run.offset + half, length: run.length - half }),
  ];
}

function isZero(image: Uint8Array, { offset, length }: Span): boolean {
  const bytes = Buffer.from(image.buffer, image.byteOffset + offset, length);
  return bytes.equals(Buffer.alloc(length));
}
