/** One chunk of a file. `digest`: the first 16 bytes of its SHA-256, lower-case hexadecimal. */
export type Chunk = { length: number; digest: string };

/** Digits of a digest: 128 bits bind a chunk to a signed list; the whole image has its full hash beside. */
export const digestDigits = 32;
const entryBytes = 3 + digestDigits / 2;
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** A list of chunks as it stands in a manifest: base64 (RFC 4648 §4) of 24-bit lengths and digests. */
export function encodeChunkList(chunks: readonly Chunk[]): string {
  const bytes = new Uint8Array(chunks.length * entryBytes);
  for (const [index, { length, digest }] of chunks.entries()) {
    const at = index * entryBytes;
    bytes.set([length >>> 16, (length >>> 8) & 0xff, length & 0xff], at);
    for (let digit = 0; digit < digestDigits; digit += 2)
      bytes[at + 3 + digit / 2] = Number.parseInt(digest.slice(digit, digit + 2), 16);
  }
  return encodeBase64(bytes);
}

// Tables, for a box runs this without a compiler and has thousands of chunks to read.
const hexadecimal = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
const valueOf = new Int8Array(128).fill(-1);
for (let value = 0; value < alphabet.length; value += 1) valueOf[alphabet.charCodeAt(value)] = value;

/** @returns undefined when it is no list of chunks that make up exactly `size` bytes */
export function decodeChunkList(text: string, size: number): Chunk[] | undefined {
  const bytes = decodeBase64(text);
  if (!bytes || bytes.length % entryBytes !== 0) return undefined;
  const chunks: Chunk[] = [];
  let total = 0;
  for (let at = 0; at < bytes.length; at += entryBytes) {
    const length = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    if (length === 0) return undefined;
    total += length;
    let digest = "";
    for (let index = at + 3; index < at + entryBytes; index += 1) digest += hexadecimal[bytes[index] ?? 0];
    chunks.push({ length, digest });
  }
  return total === size ? chunks : undefined;
}

function encodeBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const group = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    const digits = [18, 12, 6, 0].map((shift) => alphabet[(group >>> shift) & 63] ?? "");
    text += digits
      .slice(0, Math.min(3, bytes.length - at) + 1)
      .join("")
      .padEnd(4, "=");
  }
  return text;
}

// Without a regular expression: one that repeats a group remembers every turn, which takes megabytes.
function decodeBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const length = text.length - padding;
  const bytes = new Uint8Array((text.length / 4) * 3);
  let wrong = 0;
  for (let from = 0, to = 0; from < text.length; from += 4, to += 3) {
    const first = digit(text, from, length);
    const second = digit(text, from + 1, length);
    const third = digit(text, from + 2, length);
    const fourth = digit(text, from + 3, length);
    wrong |= first | second | third | fourth;
    const group = (first << 18) | (second << 12) | (third << 6) | fourth;
    bytes[to] = group >>> 16;
    bytes[to + 1] = group >>> 8;
    bytes[to + 2] = group;
  }
  return wrong < 0 ? undefined : bytes.subarray(0, bytes.length - padding);
}

// Negative for what is no digit.
function digit(text: string, at: number, length: number): number {
  return at < length ? (valueOf[text.charCodeAt(at)] ?? -1) : 0;
}
