import { gunzipSync as unpack, gzipSync as pack } from "fflate";
import { Buffer } from "buffer";

/* What the flash tool uses of Node's zlib, for the browser: the same names, the same results. */

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value >>> 0;
});

/** CRC-32 of ISO 3309, as gzip and U-Boot count it. */
export function crc32(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  for (const byte of bytes) sum = (table[(sum ^ byte) & 0xff] ?? 0) ^ (sum >>> 8);
  return (sum ^ 0xffffffff) >>> 0;
}

export function gzipSync(bytes: Uint8Array): Buffer {
  return Buffer.from(pack(bytes, { level: 9 }));
}

/** @throws Error with Node's code for a file that was cut, so that the sentence about it is the same */
export function gunzipSync(bytes: Uint8Array): Buffer {
  try {
    return Buffer.from(unpack(bytes));
  } catch (cause) {
    throw Object.assign(new Error("gzip", { cause }), { code: "Z_BUF_ERROR" });
  }
}
