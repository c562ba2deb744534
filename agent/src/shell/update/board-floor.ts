import {
  bootEnvironmentBytes,
  decodeFloorSector,
  encodeFloorSector,
  floorPlaces,
} from "../../core/firmware/index.ts";
import type { FloorCounter } from "../boot/security-floor.ts";
import type { Disk } from "./disk.ts";

/**
 * A board's counter without fuses: two sectors behind the boot loader's, of which the higher counts. It outlives the
 * data partition, and a damaged sector.
 */
export function createFloorSectors(disk: Disk, device: string): FloorCounter {
  const readOne = async (place: number): Promise<number> => {
    const file = await disk.open(device, "read");
    try {
      return decodeFloorSector(await file.read(bootEnvironmentBytes, place)) ?? 0;
    } finally {
      await file.close();
    }
  };
  const writeOne = async (place: number, floor: number): Promise<void> => {
    const file = await disk.open(device, "write");
    try {
      await file.write(encodeFloorSector(floor), place);
      await file.sync();
    } finally {
      await file.close();
    }
  };
  return {
    read: async () => Math.max(...(await Promise.all(floorPlaces.map(readOne)))),
    async raise(to) {
      for (const place of floorPlaces) if ((await readOne(place)) < to) await writeOne(place, to);
    },
  };
}
