import { FirmwareError } from "./errors.ts";
import { imageFile } from "./manifest.ts";

/** POSIX.1-1988 ustar: everything stands in blocks of this many bytes. */
export const tarBlock = 512;

/** The two empty blocks that end an archive. */
export const tarEnd = new Uint8Array(2 * tarBlock);

/** One plain file of an archive; folders are implied by paths, and links, devices and the like do not exist for us. */
export type TarEntry = { path: string; size: number; mode: 0o644 | 0o755 };

/** The 512-byte ustar header of a file: owner 0, time 0, so that equal content gives equal bytes. */
export function encodeTarEntry(entry: TarEntry): Uint8Array {
  const block = new Uint8Array(tarBlock);
  const { prefix, name } = splitPath(entry.path);
  write(block, 0, name);
  write(block, 100, octal(entry.mode, 7));
  write(block, 108, octal(0, 7));
  write(block, 116, octal(0, 7));
  write(block, 124, octal(entry.size, 11));
  write(block, 136, octal(0, 11));
  write(block, 156, "0");
  write(block, 257, "ustar\u000000");
  write(block, 345, prefix);
  write(block, 148, `${octal(checksum(block), 6)}\u0000 `);
  return block;
}

/**
 * Reads one ustar header block.
 * @returns undefined for an empty block: the archive's end
 * @throws FirmwareError `ARCHIVE_INVALID` (not ustar, wrong checksum), `ARCHIVE_HOSTILE` (anything but a plain file
 *   at a plain relative path: absolute and dot-dot paths, links, devices, set-user-id modes)
 */
export function decodeTarEntry(block: Uint8Array): TarEntry | undefined {
  if (block.length !== tarBlock)
    throw new FirmwareError("ARCHIVE_INVALID", "the archive ends inside a header");
  if (block.every((byte) => byte === 0)) return undefined;
  if (read(block, 257, 5) !== "ustar")
    throw new FirmwareError("ARCHIVE_INVALID", "the payload is not a ustar archive");
  if (number(block, 148, 8) !== checksum(block))
    throw new FirmwareError("ARCHIVE_INVALID", "an archive header is damaged");
  const prefix = read(block, 345, 155);
  const name = read(block, 0, 100);
  const path = prefix ? `${prefix}/${name}` : name;
  const kind = block[156] ?? 0;
  if (kind !== 0x30 && kind !== 0)
    throw new FirmwareError("ARCHIVE_HOSTILE", `“${printable(path)}” is not a plain file`);
  const file = imageFile.pick({ path: true, size: true, mode: true });
  const entry = file.safeParse({ path, size: number(block, 124, 12), mode: number(block, 100, 8) });
  if (!entry.success)
    throw new FirmwareError(
      "ARCHIVE_HOSTILE",
      `“${printable(path)}” is refused: ${entry.error.issues[0]?.message ?? ""}`,
    );
  return entry.data;
}

function splitPath(path: string): { prefix: string; name: string } {
  if (path.length <= 100) return { prefix: "", name: path };
  const slash = path.indexOf("/", path.length - 101);
  if (slash < 1 || slash > 155)
    throw new FirmwareError("ARCHIVE_INVALID", `“${path}” is too long for the archive`);
  return { prefix: path.slice(0, slash), name: path.slice(slash + 1) };
}

// The checksum field itself counts as eight spaces.
function checksum(block: Uint8Array): number {
  return block.reduce((sum, byte, index) => sum + (index >= 148 && index < 156 ? 0x20 : byte), 0);
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, "0");
}

function number(block: Uint8Array, offset: number, length: number): number {
  const text = read(block, offset, length).trim();
  return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number.NaN;
}

function read(block: Uint8Array, offset: number, length: number): string {
  const field = block.subarray(offset, offset + length);
  const end = field.indexOf(0);
  return String.fromCharCode(...(end < 0 ? field : field.subarray(0, end)));
}

function write(block: Uint8Array, offset: number, text: string): void {
  for (let index = 0; index < text.length; index += 1) block[offset + index] = text.charCodeAt(index);
}

function printable(path: string): string {
  return path.replaceAll(/[^\u0020-\u007e]/g, "?").slice(0, 120);
}
