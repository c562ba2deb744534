/** A slot as U-Boot and RAUC name it. */
export type BootName = "A" | "B";

/**
 * What a board's boot loader knows: the slot to start first, and how many starts each has left. U-Boot takes one away
 * before each start; a slot without any is passed over. Names and meaning are RAUC's (its manual, “U-Boot”).
 */
export type BootEnvironment = { first: BootName; left: Readonly<Record<BootName, number>> };

/** Starts a slot gets when it is new, and again when it has proved itself. */
export const startsPerSlot = 3;

/** Bytes of the environment: one sector, which a disk writes whole or not at all. */
export const bootEnvironmentBytes = 512;

/**
 * The first sector of the partition `env`: CRC-32 (little endian) of the rest, then `name=value` ended by NUL each, then
 * NUL (U-Boot, env/common.c).
 */
export function encodeBootEnvironment({ first, left }: BootEnvironment): Uint8Array {
  const second = first === "A" ? "B" : "A";
  const text = [`BOOT_A_LEFT=${left.A}`, `BOOT_B_LEFT=${left.B}`, `BOOT_ORDER=${first} ${second}`, ""].join(
    "\0",
  );
  const sector = new Uint8Array(bootEnvironmentBytes);
  // ASCII throughout.
  sector.set(
    Array.from(text, (character) => character.charCodeAt(0)),
    4,
  );
  new DataView(sector.buffer).setUint32(0, crc32(sector.subarray(4)), true);
  return sector;
}

/**
 * Reads what U-Boot, RAUC or {@link encodeBootEnvironment} wrote; a variable that is missing or odd is taken as the boot
 * script takes it.
 * @returns undefined when the checksum is wrong: U-Boot then starts as if both slots had all their starts
 */
export function decodeBootEnvironment(sector: Uint8Array): BootEnvironment | undefined {
  if (sector.length < bootEnvironmentBytes) return undefined;
  const whole = sector.subarray(0, bootEnvironmentBytes);
  if (new DataView(whole.buffer, whole.byteOffset).getUint32(0, true) !== crc32(whole.subarray(4)))
    return undefined;
  const [text = ""] = String.fromCharCode(...whole.subarray(4)).split("\0\0", 1);
  const values = new Map(text.split("\0").map((line) => [before(line), line.slice(before(line).length + 1)]));
  return {
    first: values.get("BOOT_ORDER") === "B A" ? "B" : "A",
    left: { A: starts(values.get("BOOT_A_LEFT")), B: starts(values.get("BOOT_B_LEFT")) },
  };
}

const before = (line: string): string => line.split("=", 1)[0] ?? "";

// setexpr writes hexadecimal.
function starts(text: string | undefined): number {
  return text !== undefined && /^[0-9a-f]{1,4}$/i.test(text) ? Number.parseInt(text, 16) : startsPerSlot;
}

// ISO 3309, as in zlib. A sector is short and rare: no table.
function crc32(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb8_8320 : crc >>> 1;
  }
  return (crc ^ 0xffff_ffff) >>> 0;
}
