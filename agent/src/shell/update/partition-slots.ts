import { join } from "node:path";
import { type BootEnvironment } from "../../core/firmware/index.ts";
import {
  barSlot,
  beginTrial,
  bootName,
  confirmTrial,
  giveUpTrial,
  goBackTo,
  keepSlot,
  otherSlot,
  renewTrial,
  settleBoot,
  trySlot,
  type BootState,
  type SlotName,
} from "../../core/update/index.ts";
import { readBootRecord, writeBootRecord } from "../boot/boot-record.ts";
import { createFloorCounter } from "../boot/security-floor.ts";
import { createEnvironmentSector } from "./board-environment.ts";
import { unfitFor, type BoardSlots } from "./board-slots.ts";
import type { Disk } from "./disk.ts";
import { installOnPartitions } from "./partition-image.ts";
import type { UpdateBackend } from "./slots.ts";

/** Where the service that runs the agent leaves word of how an image on trial ended. */
export const trialEndFile = "trial-end";
const longestWords = 400;

/**
 * Slots as partitions, chosen by U-Boot from one sector with RAUC's variables. `<state>/boot.json` says which slot is
 * committed and which update is on trial; it is written before the sector, and {@link UpdateBackend.settle} brings both
 * together again after a power cut or a fall-back.
 */
export function createPartitionSlots(options: {
  disk: Disk;
  stateFolder: string;
  board: BoardSlots;
  running: { slot: SlotName; trial: boolean };
  alive: () => void;
}): UpdateBackend {
  const { disk, stateFolder, board, running, alive } = options;
  const floor = createFloorCounter(disk, stateFolder);
  const sector = createEnvironmentSector(disk, board.environment.device);
  const target = otherSlot(running.slot);
  const wordsFile = join(stateFolder, trialEndFile);

  const read = async (): Promise<BootState> => {
    const record = await readBootRecord(disk, stateFolder);
    if (record === undefined || record === "damaged")
      throw new Error("the boot record is missing or damaged");
    return record;
  };
  const change = async (edit: (state: BootState) => BootState): Promise<BootState> => {
    const before = await read();
    const after = edit(before);
    if (after !== before) await writeBootRecord(disk, stateFolder, after);
    return after;
  };
  const tell = async (edit: (environment: BootEnvironment) => BootEnvironment): Promise<void> => {
    const before = (await sector.read()) ?? known;
    await sector.write(edit(before));
  };
  // Stands in for a sector that cannot be read: this slot starts, and nothing else.
  const known = keepSlot({ first: bootName(running.slot), left: { A: 0, B: 0 } }, running.slot);

  return {
    running,
    async settle() {
      const stored = await readBootRecord(disk, stateFolder);
      const words = await lastWords(disk, wordsFile);
      const before = stored === "damaged" ? undefined : stored;
      const { record, environment, surprise } = settleBoot(before, await sector.read(), running.slot, words);
      if (record !== before) await writeBootRecord(disk, stateFolder, record);
      await sector.write(environment);
      if (record.trial === null) await disk.remove(wordsFile);
      return surprise;
    },
    place(files) {
      const unfit = unfitFor(board.slots[target], files);
      return unfit === undefined ? { room: 0 } : { unfit };
    },
    async record() {
      const state = await read();
      return { ...state, securityFloor: Math.max(state.securityFloor, await floor.read()) };
    },
    async install(imageFile) {
      await tell((environment) => barSlot(environment, target));
      await installOnPartitions(disk, imageFile, board.slots[target]);
    },
    async activate(update) {
      await disk.remove(wordsFile);
      await change((state) => beginTrial(state, update));
      await tell((environment) => trySlot(environment, target));
    },
    async renew() {
      await change(renewTrial);
      await tell((environment) => keepSlot(environment, running.slot));
    },
    async steady() {
      const { active, trial } = await read();
      if (trial === null && active === running.slot)
        await tell((environment) => keepSlot(environment, running.slot));
    },
    alive,
    async confirm(securityFloor) {
      const before = await floor.read();
      await change((state) => confirmTrial(state, securityFloor));
      await floor.raise(securityFloor);
      // An image from below the floor stays for the case that nothing else starts, and for no other.
      const isBelow = securityFloor > before;
      await tell((environment) => {
        const kept = keepSlot(environment, running.slot);
        return isBelow ? barSlot(kept, target) : kept;
      });
    },
    async giveUp(reason) {
      const { active } = await change((state) => giveUpTrial(state, reason));
      await tell((environment) => goBackTo(environment, active));
    },
  };
}

async function lastWords(disk: Disk, file: string): Promise<string | undefined> {
  const bytes = await disk.read(file);
  const words = bytes === undefined ? "" : Buffer.from(bytes).toString("utf8").trim().slice(0, longestWords);
  return words === "" ? undefined : words;
}
