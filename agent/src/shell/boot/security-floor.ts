import { join } from "node:path";
import * as z from "zod";
import { replaceFile, type Disk } from "../update/disk.ts";

/** A counter of the board, outside the slots and the agent's store, that only rises: no image below it is taken again. */
export interface FloorCounter {
  /** 0 on a new box. */
  read(): Promise<number>;
  /** Durable when it resolves; nothing happens when it stands as high already. */
  raise(to: number): Promise<void>;
}

const floorRecord = z.strictObject({ format: z.literal(1), floor: z.int().min(0) });
const names = ["security-floor.1.json", "security-floor.2.json"];

/**
 * The virtual board's counter: two files beside the slots, of which the higher counts, so that neither a damaged one nor
 * one that was set back lowers it. A real board has fuses or a replay-protected block for it.
 */
export function createFloorCounter(disk: Disk, stateFolder: string): FloorCounter {
  const paths = names.map((name) => join(stateFolder, name));
  const readOne = async (path: string): Promise<number> => {
    const bytes = await disk.read(path);
    if (!bytes) return 0;
    try {
      return floorRecord.parse(JSON.parse(Buffer.from(bytes).toString("utf8"))).floor;
    } catch {
      return 0;
    }
  };
  return {
    read: async () => Math.max(...(await Promise.all(paths.map(readOne)))),
    async raise(to) {
      for (const path of paths) {
        if ((await readOne(path)) >= to) continue;
        await replaceFile(disk, path, Buffer.from(`${JSON.stringify({ format: 1, floor: to })}\n`));
      }
    },
  };
}
