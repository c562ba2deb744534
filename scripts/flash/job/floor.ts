import { decodeFloorSector, encodeFloorSector, floorPlaces } from "@tonalite/agent/core/firmware";
import type { BoardConsole } from "../console/console.ts";
import type { Board } from "./board.ts";
import { readDisk } from "./disk.ts";
import type { ImagePartition } from "./partitions.ts";

const sector = 512;

const within = ({ length }: ImagePartition) => floorPlaces.filter((place) => place + sector <= length);

/**
 * The security floor that a board counts, beside its boot state; 0 for a new one.
 * @throws FlashError
 */
export async function readFloor(
  console: BoardConsole,
  board: Board,
  environment: ImagePartition,
): Promise<number> {
  let floor = 0;
  for (const place of within(environment)) {
    const bytes = await readDisk(console, board, { offset: environment.start + place, length: sector });
    floor = Math.max(floor, decodeFloorSector(bytes) ?? 0);
  }
  return floor;
}

/** The floor that an image brings along. */
export function floorIn(image: Uint8Array, environment: ImagePartition): number {
  return Math.max(
    0,
    ...within(environment).map((place) => {
      const start = environment.start + place;
      return decodeFloorSector(image.subarray(start, start + sector)) ?? 0;
    }),
  );
}

/** Puts a floor into an image: a board that is flashed again does not forget what it will never take. */
export function stateFloor(image: Uint8Array, environment: ImagePartition, floor: number): void {
  if (floor === 0) return;
  for (const place of within(environment)) image.set(encodeFloorSector(floor), environment.start + place);
}
