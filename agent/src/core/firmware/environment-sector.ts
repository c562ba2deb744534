/** Bytes of an environment: one sector, which a disk writes whole or not at all. */
export const bootEnvironmentBytes = 512;

/**
 * A sector of variables as U-Boot keeps them: CRC-32 (little endian) of the rest, then `name=value` ended by NUL each,
 * then NUL (U-Boot, env/common.c). ASCII throughout.
 */
export function encodeEnvironmentSector(variables: Readonly<Record<string, string>>): Uint8Array {
  const text = Object.entries(variables)
    .map(([name, value]) => `${name}=${value}\0`)
    .join("");
  const sector = new Uint8Array(bootEnvironmentBytes);
  sector.set(
    Array.from(text, (character) => character.charCodeAt(0)),
    4,
  );
  new DataView(sector.buffer).setUint32(0, crc32(sector.subarray(4)), true);
  return sector;
}

/**
 * Reads a sector of variables.
 * @returns undefined when it is cut short or its checksum is wrong
 */
export function decodeEnvironmentSector(sector: Uint8Array): ReadonlyMap<string, string> | undefined {
  if (sector.length < bootEnvironmentBytes) return undefined;
  const whole = sector.subarray(0, bootEnvironmentBytes);
  if (new DataView(whole.buffer, whole.byteOffset).getUint32(0, true) !== crc32(whole.subarray(4)))
    return undefined;
  const [text = ""] = String.fromCharCode(...whole.subarray(4)).split("\0\0", 1);
  return new Map(text.split("\0").map((line) => [before(line), line.slice(before(line).length + 1)]));
}

const before = (line: string): string => line.split("=", 1)[0] ?? "";

// ISO 3309, as in zlib. A sector is short and rare: no table.
function crc32(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb8_8320 : crc >>> 1;
  }
  return (crc ^ 0xffff_ffff) >>> 0;
}
