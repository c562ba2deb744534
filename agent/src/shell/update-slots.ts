import { existsSync, readFileSync, writeFile } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { otherSlot } from "../core/update/index.ts";
import type { AgentArguments } from "./arguments.ts";
import type { Log } from "./logging.ts";
import {
  createFolderSlots,
  createPartitionSlots,
  readBoardSlots,
  systemDisk,
  versionInSlot,
  watchdogAlive,
  type UpdateBackend,
} from "./update/index.ts";

type SlotArguments = Pick<AgentArguments, "state" | "slot" | "trial" | "slots">;

/** An image that ran this long without a trial has proved itself once more: milliseconds. */
const steadyMs = 60_000;

/** Where this box's images live: partitions on a board that names them, folders elsewhere. */
export function openSlots(args: SlotArguments): UpdateBackend {
  const common = {
    disk: systemDisk,
    stateFolder: args.state,
    running: { slot: args.slot, trial: args.trial === "1" },
  };
  if (args.slots === undefined) return createFolderSlots({ ...common, alive: watchdogAlive });
  const board = readBoardSlots(args.slots);
  // Nothing depends on a single one of them: the service that watches looks seldom.
  const alive = (): void => writeFile(board.alive, "", () => {});
  return createPartitionSlots({ ...common, board, alive });
}

/** Gives the running slot its starts back once its image has lived for a while. */
export function keepWhenSteady(slots: UpdateBackend, log: Log): void {
  const keep = async (): Promise<void> => {
    try {
      await slots.steady();
    } catch (error) {
      log.error({ reason: String(error) }, "the boot loader cannot be told that this image works");
    }
  };
  setTimeout(() => void keep(), steadyMs).unref();
}

/** The version in the slot that does not run; undefined when no whole image lies there, or it cannot be read. */
export function heldVersion({ state, slot, slots }: SlotArguments): string | undefined {
  const other = otherSlot(slot);
  try {
    if (slots !== undefined) return versionInSlot(readBoardSlots(slots).slots[other]);
    return imageVersion(join(state, "slots", other));
  } catch {
    return undefined;
  }
}

/** The version of the image in a folder; undefined when there is none. */
export function imageVersion(folder: string | undefined): string | undefined {
  if (folder === undefined) return undefined;
  const file = join(folder, "image.json");
  if (!existsSync(file)) return undefined;
  return z.object({ version: z.string() }).parse(JSON.parse(readFileSync(file, "utf8"))).version;
}
