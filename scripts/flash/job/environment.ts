import { crc32 } from "node:zlib";

/** Size of the sector that holds the boot state: written whole or not at all. */
export const environmentSize = 512;

export type Environment = Readonly<Record<string, string>>;

/** The boot state of a fresh board (variables of RAUC): both slots have all their tries. */
export const freshBootState: Environment = { BOOT_ORDER: "A B", BOOT_A_LEFT: "3", BOOT_B_LEFT: "3" };

/**
 * U-Boot's stored environment (`env export -c`, include/env_internal.h): CRC-32 little endian, then `name=value` in order
 * of names, each ended by NUL, and one NUL more.
 * @throws RangeError when it does not fit, or a name or value cannot be stored
 */
export function encodeEnvironment(variables: Environment, size: number = environmentSize): Uint8Array {
  const names = Object.keys(variables).sort();
  for (const name of names)
    if (!/^[A-Za-z0-9_.-]+$/.test(name) || !/^[\x20-\x7e]*$/.test(variables[name] ?? ""))
      throw new RangeError(`“${name}” cannot be stored`);
  const text = `${names.map((name) => `${name}=${variables[name] ?? ""}\0`).join("")}\0`;
  if (text.length + 4 > size) throw new RangeError(`the environment does not fit ${size} bytes`);
  const sector = Buffer.alloc(size);
  sector.write(text, 4, "latin1");
  sector.writeUInt32LE(crc32(sector.subarray(4)), 0);
  return sector;
}

/** Reads a stored environment; undefined when its checksum is wrong. */
export function decodeEnvironment(sector: Uint8Array): Environment | undefined {
  const bytes = Buffer.from(sector);
  if (bytes.length < 6 || bytes.readUInt32LE(0) !== crc32(bytes.subarray(4))) return undefined;
  return parseAssignments(bytes.subarray(4).toString("latin1").split("\0\0")[0]?.split("\0") ?? []);
}

/** `name=value` lines, as `printenv` shows them; anything else is left out. */
export function parseAssignments(lines: readonly string[]): Environment {
  const pairs = lines.flatMap((line) => {
    const found = /^([^=\s]+)=(.*)$/.exec(line);
    return found ? [[found[1] ?? "", found[2] ?? ""] as const] : [];
  });
  return Object.fromEntries(pairs);
}
