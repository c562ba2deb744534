import { decodeEnvironmentSector, encodeEnvironmentSector } from "./environment-sector.ts";

/** A slot as U-Boot and RAUC name it. */
export type BootName = "A" | "B";

/**
 * What a board's boot loader knows: the slot to start first, and how many starts each has left. U-Boot takes one away
 * before each start; a slot without any is passed over. Names and meaning are RAUC's (its manual, “U-Boot”).
 */
export type BootEnvironment = { first: BootName; left: Readonly<Record<BootName, number>> };

/** Starts a slot gets when it is new, and again when it has proved itself. */
export const startsPerSlot = 3;

/** The first sector of the partition `env`. */
export function encodeBootEnvironment({ first, left }: BootEnvironment): Uint8Array {
  return encodeEnvironmentSector({
    BOOT_A_LEFT: String(left.A),
    BOOT_B_LEFT: String(left.B),
    BOOT_ORDER: first === "A" ? "A B" : "B A",
  });
}

/**
 * Reads what U-Boot, RAUC or {@link encodeBootEnvironment} wrote; a variable that is missing or odd is taken as the boot
 * script takes it.
 * @returns undefined when the checksum is wrong: U-Boot then starts as if both slots had all their starts
 */
export function decodeBootEnvironment(sector: Uint8Array): BootEnvironment | undefined {
  const values = decodeEnvironmentSector(sector);
  return (
    values && {
      first: values.get("BOOT_ORDER") === "B A" ? "B" : "A",
      left: { A: starts(values.get("BOOT_A_LEFT")), B: starts(values.get("BOOT_B_LEFT")) },
    }
  );
}

// setexpr writes hexadecimal.
function starts(text: string | undefined): number {
  return text !== undefined && /^[0-9a-f]{1,4}$/i.test(text) ? Number.parseInt(text, 16) : startsPerSlot;
}

const floorName = "SECURITY_FLOOR";

/** Where the floor's two sectors stand, in bytes from the start of the boot loader's partition: each in a page of its own, as disks write no less at once. */
export const floorPlaces: readonly number[] = [4096, 8192];

/** A sector of the security floor's counter, beside the boot loader's own in the partition `env`. */
export function encodeFloorSector(floor: number): Uint8Array {
  return encodeEnvironmentSector({ [floorName]: String(floor) });
}

/** @returns undefined for a sector that holds no floor: a new box's, or a damaged one */
export function decodeFloorSector(sector: Uint8Array): number | undefined {
  const text = decodeEnvironmentSector(sector)?.get(floorName);
  return text !== undefined && /^\d{1,7}$/.test(text) ? Number(text) : undefined;
}
