// XMODEM-1K and YMODEM blocks as in Chuck Forsberg, "XMODEM/YMODEM Protocol Reference" (1988), chapters 4 to 7.

/** The bytes that the two sides say to each other. */
export const control = {
  SOH: 0x01,
  STX: 0x02,
  EOT: 0x04,
  ACK: 0x06,
  NAK: 0x15,
  CAN: 0x18,
  C: 0x43,
  G: 0x47,
} as const;

/** Filler of a last, short data block (Forsberg §4): Ctrl-Z. */
const filler = 0x1a;
const overhead = 5;

export type BlockSize = 128 | 1024;

/** A block: its number modulo 256 and its data, filled up. */
export type Block = { number: number; data: Uint8Array };

const table = Uint16Array.from({ length: 256 }, (_, index) => {
  let crc = index << 8;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021;
  return crc & 0xffff;
});

/** CRC-16/XMODEM: polynomial 0x1021, initial value 0, not reflected. */
export function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) crc = ((crc << 8) & 0xffff) ^ (table[(crc >> 8) ^ byte] ?? 0);
  return crc;
}

/**
 * One block as it goes over the line. Data shorter than the block is filled up with `fill`.
 * @throws RangeError when the data is longer than the block
 */
export function encodeBlock(
  number: number,
  data: Uint8Array,
  size: BlockSize,
  fill: number = filler,
): Uint8Array {
  if (data.length > size) throw new RangeError(`${data.length} bytes do not fit a block of ${size}`);
  const frame = new Uint8Array(size + overhead).fill(fill);
  frame[0] = size === 1024 ? control.STX : control.SOH;
  frame[1] = number & 0xff;
  frame[2] = ~number & 0xff;
  frame.set(data, 3);
  const crc = crc16(frame.subarray(3, 3 + size));
  frame[3 + size] = crc >> 8;
  frame[4 + size] = crc & 0xff;
  return frame;
}

/** Bytes that a block starting so has in all; undefined where no block starts so. */
export function blockLength(first: number): number | undefined {
  if (first === control.SOH) return 128 + overhead;
  return first === control.STX ? 1024 + overhead : undefined;
}

/** Reads one whole block; undefined when its length, number or checksum is wrong (a receiver answers NAK then). */
export function decodeBlock(frame: Uint8Array): Block | undefined {
  const [first, number, complement] = frame;
  if (first === undefined || number === undefined || complement === undefined) return undefined;
  if (frame.length !== blockLength(first) || (number ^ complement) !== 0xff) return undefined;
  const data = frame.slice(3, -2);
  const crc = ((frame.at(-2) ?? 0) << 8) | (frame.at(-1) ?? 0);
  return crc === crc16(data) ? { number, data } : undefined;
}

/** What YMODEM's block 0 announces; no name ends the batch. */
export type FileHeader = { name: string; size: number };

/**
 * YMODEM's block 0 (Forsberg §5): name, NUL, length in decimal. Without a header: the empty block that ends a batch.
 * @throws RangeError when the name is not 1 to 100 plain characters
 */
export function encodeFileHeader(header?: FileHeader): Uint8Array {
  if (!header) return encodeBlock(0, new Uint8Array(0), 128, 0);
  if (!/^[A-Za-z0-9._-]{1,100}$/.test(header.name)) throw new RangeError("not a plain file name");
  const text = `${header.name}\0${header.size}\0`;
  return encodeBlock(
    0,
    Uint8Array.from(text, (letter) => letter.charCodeAt(0)),
    128,
    0,
  );
}

/** Reads the data of block 0; undefined for the block that ends a batch. Without a length, `size` is -1. */
export function decodeFileHeader(data: Uint8Array): FileHeader | undefined {
  const [name = "", rest = ""] = String.fromCharCode(...data).split("\0");
  if (name === "") return undefined;
  const size = /^\d{1,15}/.exec(rest);
  return { name, size: size ? Number(size[0]) : -1 };
}
