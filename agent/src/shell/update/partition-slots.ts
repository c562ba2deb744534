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
import { createEnvironmentSector } from "./board-environment.ts";
import { createFloorSectors } from "./board-floor.ts";
import { unfitFor, type BoardSlots } from "./board-slots.ts";
import type { Disk } from "./disk.ts";
import { installOnPartitions } from "./partition-image.ts";
import type { UpdateBackend } from "./slots.ts";

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
  const floor = createFloorSectors(disk, board.environment.device);
  const sector = createEnvironmentSector(disk, board.environment.device);
  const target = otherSlot(running.slot);

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
      const before = stored === "damaged" ? undefined : stored;
      const words = before?.trial ? await lastWords(disk, board.trialEnd, before.trial.update) : undefined;
      const { record, environment, surprise } = settleBoot(before, await sector.read(), running.slot, words);
      if (record !== before) await writeBootRecord(disk, stateFolder, record);
      await sector.write(environment);
      return surprise;
    },
    place(files) {
      const unfit = unfitFor(board.slots[target], files);
      return unfit === undefined ? { room: 0 } : { unfit };
    },
    contents: async () => {
      const slots = [board.slots[running.slot], board.slots[target]];
      return await Promise.resolve(slots.flatMap(({ kernel, rootfs }) => [kernel.device, rootfs.device]));
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

// Words on any other update are old.
async function lastWords(disk: Disk, file: string, update: string): Promise<string | undefined> {
  const bytes = await disk.read(file);
  const text = bytes === undefined ? "" : Buffer.from(bytes).toString("utf8").trim();
  return text.startsWith(`${update} `) ? text.slice(update.length + 1, longestWords) : undefined;
}
