import { ReleaseError } from "./errors.ts";

// Metadata is a few levels deep; anything deeper is made to exhaust the stack.
const deepest = 16;

/**
 * The bytes of a JSON value that are signed: OLPC's canonical JSON, as the TUF specification §4.1 wants it. Keys are in
 * order of their code units, strings escape `"` and `\` only, numbers are whole.
 * @throws ReleaseError `METADATA_INVALID` for fractions, text beyond ASCII, and values nested too deep
 */
export function canonicalJson(value: unknown): Uint8Array {
  return asciiBytes(encode(value, 0));
}

function encode(value: unknown, depth: number): string {
  if (depth > deepest) throw new ReleaseError("METADATA_INVALID", "the metadata is nested too deep");
  if (typeof value === "string") return quote(value);
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") {
    if (Number.isSafeInteger(value)) return String(value);
    throw new ReleaseError("METADATA_INVALID", "the metadata holds a number that is not whole");
  }
  if (Array.isArray(value)) return `[${value.map((item) => encode(item, depth + 1)).join(",")}]`;
  if (typeof value !== "object") throw new ReleaseError("METADATA_INVALID", "the metadata is not JSON");
  const members = Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1));
  return `{${members.map(([name, item]) => `${quote(name)}:${encode(item, depth + 1)}`).join(",")}}`;
}

function quote(text: string): string {
  return `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
}

/** @throws ReleaseError `METADATA_INVALID` for text beyond ASCII, which no codec of ours needs */
export function asciiBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code > 0x7e) throw notPlain();
    bytes[index] = code;
  }
  return bytes;
}

/** @throws ReleaseError `METADATA_INVALID` for bytes beyond ASCII */
export function asciiText(bytes: Uint8Array): string {
  const step = 4096;
  let text = "";
  if (bytes.some((byte) => byte > 0x7e)) throw notPlain();
  for (let start = 0; start < bytes.length; start += step)
    text += String.fromCharCode(...bytes.subarray(start, start + step));
  return text;
}

function notPlain(): ReleaseError {
  return new ReleaseError("METADATA_INVALID", "the metadata is not plain text");
}
