/** What a console prints, as text: line ends become one `\n`; control and non-ASCII bytes are left out. */
export function printable(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes)
    if (byte === 0x0a || byte === 0x09 || (byte >= 0x20 && byte < 0x7f)) text += String.fromCharCode(byte);
  return text;
}

const enough = 48;
const mostOdd = 0.25;

/**
 * Whether bytes look like a line read at the wrong speed: a good part of them is no text. Needs 48 bytes to judge; a few
 * odd bytes at power-up are normal.
 */
export function looksGarbled(bytes: Uint8Array): boolean {
  return bytes.length >= enough && oddShare(bytes) > mostOdd;
}

/** Whether bytes are a console's text: enough of them, and few that are none. */
export function readableBytes(bytes: Uint8Array): boolean {
  return bytes.length >= enough && oddShare(bytes) <= mostOdd;
}

/** Which part of the bytes no console prints, 0 to 1. */
export function oddShare(bytes: Uint8Array): number {
  if (bytes.length === 0) return 0;
  let odd = 0;
  for (const byte of bytes) if (!isConsoleByte(byte)) odd += 1;
  return odd / bytes.length;
}

// Backspace, tab, line feed, return and escape belong to a console, as do C, NAK and CAN of a waiting receiver.
function isConsoleByte(byte: number): boolean {
  if (byte >= 0x20 && byte < 0x7f) return true;
  return (byte >= 0x08 && byte <= 0x0d) || byte === 0x1b || byte === 0x15 || byte === 0x18;
}
