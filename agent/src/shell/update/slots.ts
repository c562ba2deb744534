import { join } from "node:path";
import { unpackedSize, type ImageFile } from "../../core/firmware/index.ts";
import {
  beginTrial,
  confirmTrial,
  giveUpTrial,
  otherSlot,
  renewTrial,
  type BootState,
  type SlotName,
} from "../../core/update/index.ts";
import { readBootRecord, writeBootRecord } from "../boot/boot-record.ts";
import { createFloorCounter, type FloorCounter } from "../boot/security-floor.ts";
import { installImage } from "./archive.ts";
import type { Disk } from "./disk.ts";

/** Where images live and how one is chosen at the next start: two folders here, two partitions on a board. */
export interface UpdateBackend {
  /** What the boot loader started. */
  readonly running: { slot: SlotName; trial: boolean };
  /**
   * Once, before anything else is asked: takes in what the boot loader did since the last start.
   * @returns what it did that nobody asked it to, in words
   */
  settle(): Promise<string | undefined>;
  /** Whether files such as an image's fit a slot: the bytes they take on the disk of downloads, or why they do not fit. */
  place(files: readonly ImageFile[]): { room: number } | { unfit: string };
  /** Files or partitions that images lie in, the running one's first: to be read only, the others may hold anything. */
  contents(): Promise<readonly string[]>;
  /** The last trial that was given up, and the security floor: as the board has them now. */
  record(): Promise<Pick<BootState, "failed" | "securityFloor">>;
  /** Replaces what the other slot holds by a verified image file's content; durable and read back when it resolves. */
  install(imageFile: string): Promise<void>;
  /** The next start is the other slot's, on trial. */
  activate(update: string): Promise<void>;
  /** The trial image is alive and waits for the network: its starts do not run out. */
  renew(): Promise<void>;
  /** The committed image has run well for a while: the boot loader need not count its starts any longer. Repeatable. */
  steady(): Promise<void>;
  /** Shows the boot loader's watchdog life; only an image on trial is watched. */
  alive(): void;
  /** The running image stays. Repeatable. */
  confirm(securityFloor: number): Promise<void>;
  /** The next start is the committed slot's. Repeatable. */
  giveUp(reason: string): Promise<void>;
}

/** The folder of a slot. */
export function slotFolder(stateFolder: string, slot: SlotName): string {
  return join(stateFolder, "slots", slot);
}

/**
 * Slots as folders `<state>/slots/a` and `b`, chosen by `<state>/boot.json`.
 * @param floor the board's counter; files beside the slots when not given
 * @param alive how the watchdog is told; the virtual board listens on the process's channel
 */
export function createFolderSlots(options: {
  disk: Disk;
  stateFolder: string;
  running: { slot: SlotName; trial: boolean };
  alive: () => void;
  floor?: FloorCounter;
}): UpdateBackend {
  const { disk, stateFolder, running, alive } = options;
  const floor = options.floor ?? createFloorCounter(disk, stateFolder);
  const read = async (): Promise<BootState> => {
    const record = await readBootRecord(disk, stateFolder);
    if (record === undefined || record === "damaged")
      throw new Error("the boot record is missing or damaged");
    return record;
  };
  const change = async (edit: (state: BootState) => BootState): Promise<void> => {
    const before = await read();
    const after = edit(before);
    if (after !== before) await writeBootRecord(disk, stateFolder, after);
  };
  return {
    running,
    // The virtual board writes the record itself.
    settle: async () => undefined,
    place: (files) =>
      files.some(({ path }) => path === "agent.mjs")
        ? { room: unpackedSize(files) }
        : { unfit: "the image holds no agent: it is not for slots that are folders" },
    async contents() {
      const paths: string[] = [];
      for (const slot of [running.slot, otherSlot(running.slot)]) {
        const folder = slotFolder(stateFolder, slot);
        paths.push(...(await disk.list(folder)).map((path) => join(folder, path)));
      }
      return paths;
    },
    // The boot record has the floor too, raised in the same instant as the slot is committed; the counter outlives it.
    async record() {
      const state = await read();
      return { ...state, securityFloor: Math.max(state.securityFloor, await floor.read()) };
    },
    install: async (imageFile) =>
      await installImage(disk, imageFile, slotFolder(stateFolder, otherSlot(running.slot))),
    activate: async (update) => await change((state) => beginTrial(state, update)),
    renew: async () => await change(renewTrial),
    // It counts the starts of trials only.
    steady: async () => {},
    alive,
    async confirm(securityFloor) {
      await change((state) => confirmTrial(state, securityFloor));
      await floor.raise(securityFloor);
    },
    giveUp: async (reason) => await change((state) => giveUpTrial(state, reason)),
  };
}
