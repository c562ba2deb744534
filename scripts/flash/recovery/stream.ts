import { crc32, deflateRawSync } from "node:zlib";
import type { Span } from "../job/plan.ts";
import { numbers } from "./message.ts";

// As in scripts/firmware/board-image/recovery/records.h, which says what a record is.

const kinds = { zero: 1, plain: 2, deflate: 3, sync: 4 } as const;
/** Most bytes of the disk in one record, but of zeros. */
const recordMost = 65_536;
const dictionaryBytes = 32_768;
/**
 * What was written is on the medium before anything behind such a boundary is begun: what a power cut costs is little, and
 * the two copies of a box's identity, one on either side, are never both half written (board-image/factory-partition.ts).
 */
const syncEvery = 512 * 1024;
const breathEvery = 4 << 20;

/**
 * What brings the disk to the image, as the stream that the board executes. Each record is packed with what the image has
 * before it as dictionary: the board has that, for it was the same or was written before.
 * @param spans what differs, in order, of whole sectors
 * @param breathe done now and then: packing takes seconds
 */
export async function encodeStream(
  image: Buffer,
  spans: readonly Span[],
  breathe: () => Promise<void> = () => Promise.resolve(),
): Promise<Buffer> {
  const records: Buffer[] = [];
  let synced = 0;
  let packed = 0;
  for (const piece of pieces(image, spans)) {
    packed += piece.zero ? 0 : piece.length;
    if (packed >= breathEvery) await breathe();
    packed %= breathEvery;
    const boundary = Math.floor(piece.offset / syncEvery);
    if (boundary !== synced) records.push(head(kinds.sync, 0, 0, 0, 0));
    synced = boundary;
    records.push(...encodeRecord(image, piece));
  }
  records.push(head(kinds.sync, 0, 0, 0, 0));
  return Buffer.concat(records);
}

type Piece = Span & { zero: boolean };

// Runs of zeros are one piece up to a boundary; the rest comes in records.
function* pieces(image: Buffer, spans: readonly Span[]): Generator<Piece> {
  let run: Piece | undefined;
  for (const span of spans)
    for (let offset = span.offset; offset < span.offset + span.length;) {
      const limit = Math.min(span.offset + span.length, (Math.floor(offset / recordMost) + 1) * recordMost);
      const length = limit - offset;
      const zero = isZero(image, offset, length);
      const follows =
        run && run.zero && zero && run.offset + run.length === offset && offset % syncEvery !== 0;
      if (run && follows) run.length += length;
      else {
        if (run) yield run;
        run = { offset, length, zero };
      }
      offset = limit;
    }
  if (run) yield run;
}

function encodeRecord(image: Buffer, { offset, length, zero }: Piece): Buffer[] {
  if (zero) return [head(kinds.zero, offset, length, 0, 0)];
  const bytes = image.subarray(offset, offset + length);
  const dictionary = image.subarray(Math.max(0, offset - dictionaryBytes), offset);
  const packed = deflateRawSync(bytes, { level: 9, ...(dictionary.length > 0 ? { dictionary } : {}) });
  const sum = crc32(bytes);
  return packed.length < bytes.length
    ? [head(kinds.deflate, offset, length, packed.length, sum), packed]
    : [head(kinds.plain, offset, length, length, sum), bytes];
}

function head(kind: number, offset: number, length: number, packed: number, sum: number): Buffer {
  const fields = numbers([1, kind], [8, offset], [4, length], [4, packed], [4, sum]);
  return Buffer.concat([fields, numbers([4, crc32(fields)])]);
}

const zeros = Buffer.alloc(recordMost);

function isZero(image: Buffer, offset: number, length: number): boolean {
  return image.subarray(offset, offset + length).equals(zeros.subarray(0, length));
}
