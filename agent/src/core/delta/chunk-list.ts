/** One chunk of a file. `digest`: the first 16 bytes of its SHA-256, lower-case hexadecimal. */
export type Chunk = { length: number; digest: string };

/** Digits of a digest: 128 bits bind a chunk to a signed list; the whole image has its full hash beside. */
export const digestDigits = 32;
const entryBytes = 3 + digestDigits / 2;
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** What a list of chunks looks like in a manifest: base64 (RFC 4648 §4) of 24-bit lengths and digests. */
export const chunkListPattern = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

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

/** @returns undefined when it is no list of chunks that make up exactly `size` bytes */
export function decodeChunkList(text: string, size: number): Chunk[] | undefined {
  const bytes = decodeBase64(text);
  if (bytes.length % entryBytes !== 0) return undefined;
  const chunks: Chunk[] = [];
  let total = 0;
  for (let at = 0; at < bytes.length; at += entryBytes) {
    const [high = 0, middle = 0, low = 0] = bytes.subarray(at, at + 3);
    const length = (high << 16) | (middle << 8) | low;
    if (length === 0) return undefined;
    total += length;
    const digest = Array.from(bytes.subarray(at + 3, at + entryBytes), (byte) =>
      byte.toString(16).padStart(2, "0"),
    );
    chunks.push({ length, digest: digest.join("") });
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

function decodeBase64(text: string): Uint8Array {
  const digits = text.replace(/=+$/, "");
  const bytes = new Uint8Array(Math.floor((digits.length * 6) / 8));
  let group = 0;
  let bits = 0;
  let at = 0;
  for (const digit of digits) {
    group = ((group << 6) | alphabet.indexOf(digit)) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at] = (group >>> bits) & 0xff;
    at += 1;
  }
  return bytes;
}
