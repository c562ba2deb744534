import { crc32 } from "node:zlib";

// As in scripts/firmware/board-image/recovery/frame.h, which says what a frame is. COBS: S. Cheshire, M. Baker, “Consistent
// Overhead Byte Stuffing”, IEEE/ACM Transactions on Networking 7 (2), 1999.

/** Most bytes of a frame's content. */
export const contentMost = 2112;
const wireMost = contentMost + 4 + Math.ceil((contentMost + 5) / 254);

/**
 * A frame as it goes over the line.
 * @throws RangeError when the content is too long
 */
export function encodeFrame(content: Uint8Array): Uint8Array {
  if (content.length > contentMost) throw new RangeError(`${content.length} bytes do not fit a frame`);
  const plain = Buffer.alloc(content.length + 4);
  plain.set(content);
  plain.writeUInt32LE(crc32(content), content.length);
  const wire = Buffer.alloc(plain.length + Math.ceil(plain.length / 254) + 3);
  // mark: the byte that says how far the next zero is.
  let mark = 1;
  let end = 2;
  for (const [at, byte] of plain.entries()) {
    if (byte !== 0) wire[end++] = byte;
    if (byte === 0 || (end - mark === 255 && at + 1 < plain.length)) {
      wire[mark] = end - mark;
      mark = end++;
    }
  }
  wire[mark] = end - mark;
  return wire.subarray(0, end + 1);
}

/** The content of what stood between two zeros; undefined when it was no frame, or damaged. */
export function decodeFrame(coded: Uint8Array): Uint8Array | undefined {
  const plain = Buffer.alloc(coded.length);
  let end = 0;
  for (let at = 0; at < coded.length;) {
    const run = coded[at] ?? 0;
    if (run === 0 || at + run > coded.length) return undefined;
    plain.set(coded.subarray(at + 1, at + run), end);
    end += run - 1;
    at += run;
    if (run < 255 && at < coded.length) end += 1;
  }
  const length = end - 4;
  if (length < 1 || length > contentMost) return undefined;
  const content = plain.subarray(0, length);
  return plain.readUInt32LE(length) === crc32(content) ? content : undefined;
}

/** Finds frames in what comes off a line, whatever else comes. */
export class FrameReader {
  #coded: Uint8Array[] = [];
  #length = 0;

  /** @returns the contents that these bytes complete */
  take(bytes: Uint8Array): Uint8Array[] {
    const found: Uint8Array[] = [];
    let from = 0;
    for (let zero = bytes.indexOf(0); zero >= 0; zero = bytes.indexOf(0, from)) {
      this.#keep(bytes.subarray(from, zero));
      from = zero + 1;
      const content = this.#length <= wireMost ? decodeFrame(Buffer.concat(this.#coded)) : undefined;
      if (content) found.push(content);
      this.#coded = [];
      this.#length = 0;
    }
    this.#keep(bytes.subarray(from));
    return found;
  }

  // What is too long stays so until the next zero, and takes no memory.
  #keep(bytes: Uint8Array): void {
    this.#length += bytes.length;
    if (this.#length > wireMost) this.#coded = [];
    else if (bytes.length > 0) this.#coded.push(Uint8Array.from(bytes));
  }
}
