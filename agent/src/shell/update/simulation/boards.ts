import { createHash } from "node:crypto";
import { join } from "node:path";
import { startsPerSlot, type BootEnvironment, type BootName } from "../../../core/firmware/index.ts";
import {
  bootName,
  factoryBootState,
  noteTrialFailure,
  planBoot,
  type SlotName,
} from "../../../core/update/index.ts";
import { readBootRecord, writeBootRecord } from "../../boot/boot-record.ts";
import { createEnvironmentSector } from "../board-environment.ts";
import type { BoardSlots } from "../board-slots.ts";
import type { Disk } from "../disk.ts";
import { createPartitionSlots } from "../partition-slots.ts";
import { createFolderSlots, slotFolder, type UpdateBackend } from "../slots.ts";
import { makeFit } from "./fit.ts";
import { filesOf, ofVersion } from "./image.ts";
import type { MemoryDisk } from "./memory-disk.ts";

/** What a simulated box starts its agent from. */
export type Board = {
  /** The files of a version's image, as this board's slots take them. */
  filesOf(version: string): Map<string, Buffer>;
  /** Version 1.0.0 in slot a, nothing in slot b. */
  leaveFactory(): Promise<void>;
  /** The boot loader, at power or after a restart. */
  start(): Promise<{ slot: SlotName; trial: boolean }>;
  /** The agent ended by itself; what is left of it are these words. */
  crashed(words: string): Promise<void>;
  /** What a slot holds: a whole version, or that it is none. */
  content(slot: SlotName): Promise<string>;
  slots(running: { slot: SlotName; trial: boolean }): UpdateBackend;
};

export const boardKinds = ["folders", "partitions"] as const;
export type BoardKind = (typeof boardKinds)[number];

const stateFolder = "/state";
const versions = ["1.0.0", "2.0.0"];

/** A board whose slots are folders, or partitions. */
export function createBoard(kind: BoardKind, disk: MemoryDisk): Board {
  return kind === "folders" ? folderBoard(disk) : partitionBoard(disk);
}

function folderBoard(disk: MemoryDisk): Board {
  const readRecord = async () => {
    const record = await readBootRecord(disk, stateFolder);
    if (!record || record === "damaged") throw new Error(`the boot record is ${record ?? "gone"}`);
    return record;
  };
  return {
    filesOf,
    async leaveFactory() {
      for (const [name, bytes] of filesOf("1.0.0"))
        await writeSafely(disk, join(slotFolder(stateFolder, "a"), name), bytes);
      await writeBootRecord(disk, stateFolder, factoryBootState());
    },
    async start() {
      const record = await readRecord();
      const plan = planBoot(record);
      if (plan.next !== record) await writeBootRecord(disk, stateFolder, plan.next);
      return plan;
    },
    async crashed(words) {
      await writeBootRecord(disk, stateFolder, noteTrialFailure(await readRecord(), words));
    },
    async content(slot) {
      for (const version of versions) {
        const files = filesOf(version);
        const found = await disk.list(slotFolder(stateFolder, slot));
        if (found.length !== files.size) continue;
        let whole = true;
        for (const [name, bytes] of files) {
          const read = await disk.read(join(slotFolder(stateFolder, slot), name));
          whole &&= read !== undefined && bytes.equals(read);
        }
        if (whole) return version;
      }
      return "no whole image";
    },
    slots: (running) => createFolderSlots({ disk, stateFolder, running, alive: () => {} }),
  };
}

const fitMagic = Buffer.from("d00dfeed", "hex");
const kernelBytes = 64 * 1024;
const rootBytes = 96 * 1024;
const partition = (name: string, bytes: number) => ({ device: `/dev/${name}`, bytes });

const board: BoardSlots = {
  environment: partition("env", 16 * 1024),
  slots: {
    a: { kernel: partition("kernel_a", kernelBytes), rootfs: partition("rootfs_a", rootBytes) },
    b: { kernel: partition("kernel_b", kernelBytes), rootfs: partition("rootfs_b", rootBytes) },
  },
  alive: "/run/alive",
  trialEnd: "/state/trial-end",
};

/** The files of a small image for partitions: neither of them whole sectors, nor of one piece; their ends never change. */
const partitionFilesOf = ofVersion((version) => {
  const noise = (count: number, name: string): Buffer =>
    Buffer.concat(
      Array.from({ length: count }, (_, index) =>
        createHash("sha512")
          .update(`${index < 400 ? version : "every"}/${name}/${index}`)
          .digest(),
      ),
    );
  return new Map<string, Buffer>([
    ["kernel.fit", makeFit(version, noise(300, "kernel"))],
    ["rootfs.img", Buffer.concat([noise(1200, "root"), Buffer.from("end")])],
  ]);
});

function partitionBoard(disk: MemoryDisk): Board {
  const sector = createEnvironmentSector(disk, board.environment.device);
  const all = (): BootEnvironment => ({ first: "A", left: { A: startsPerSlot, B: startsPerSlot } });
  const trial = async () => {
    const record = await readBootRecord(disk, stateFolder);
    return record === undefined || record === "damaged" ? null : record.trial;
  };
  const startsWith = async (slot: SlotName, bytes: Buffer): Promise<boolean> =>
    bytes.equals((await readStart(disk, board.slots[slot].kernel.device, bytes.length)) ?? Buffer.alloc(0));
  return {
    filesOf: partitionFilesOf,
    async leaveFactory() {
      await disk.addDevice(board.environment.device, board.environment.bytes);
      for (const { kernel, rootfs } of Object.values(board.slots)) {
        await disk.addDevice(kernel.device, kernel.bytes);
        await disk.addDevice(rootfs.device, rootfs.bytes);
      }
      const files = partitionFilesOf("1.0.0");
      const { kernel, rootfs } = board.slots.a;
      await writeDevice(disk, kernel.device, files.get("kernel.fit"));
      await writeDevice(disk, rootfs.device, files.get("rootfs.img"));
      await sector.write({ first: "A", left: { A: startsPerSlot, B: 0 } });
      await writeSafely(disk, join(stateFolder, "factory.json"), Buffer.from("{}"));
      await writeBootRecord(disk, stateFolder, factoryBootState());
    },
    // As files/boot.cmd of the board's image.
    async start() {
      for (;;) {
        const found = (await sector.read()) ?? all();
        const order: readonly SlotName[] = found.first === "A" ? ["a", "b"] : ["b", "a"];
        const slot = order.find((name) => found.left[bootName(name)] > 0);
        if (slot === undefined) {
          await sector.write({ ...all(), first: found.first });
          continue;
        }
        const name: BootName = bootName(slot);
        await sector.write({ ...found, left: { ...found.left, [name]: found.left[name] - 1 } });
        if (await startsWith(slot, fitMagic)) return { slot, trial: (await trial())?.slot === slot };
      }
    },
    // As files/agent-service does it.
    async crashed(words) {
      const update = (await trial())?.update ?? "";
      await writeSafely(disk, board.trialEnd, Buffer.from(`${update} ${words}\n`));
    },
    async content(slot) {
      for (const version of versions) {
        const files = partitionFilesOf(version);
        const { kernel, rootfs } = board.slots[slot];
        const whole =
          (await holds(disk, kernel.device, files.get("kernel.fit"))) &&
          (await holds(disk, rootfs.device, files.get("rootfs.img")));
        if (whole) return version;
      }
      return "no whole image";
    },
    slots: (running) => createPartitionSlots({ disk, stateFolder, board, running, alive: () => {} }),
  };
}

async function readStart(disk: Disk, path: string, length: number): Promise<Buffer | undefined> {
  const bytes = await disk.read(path);
  return bytes && Buffer.from(bytes).subarray(0, length);
}

async function holds(disk: Disk, path: string, bytes: Buffer | undefined): Promise<boolean> {
  return bytes !== undefined && bytes.equals((await readStart(disk, path, bytes.length)) ?? Buffer.alloc(0));
}

async function writeDevice(disk: Disk, path: string, bytes: Buffer | undefined): Promise<void> {
  const file = await disk.open(path, "write");
  await file.write(bytes ?? Buffer.alloc(0), 0);
  await file.sync();
}

async function writeSafely(disk: Disk, path: string, bytes: Buffer): Promise<void> {
  const folders: string[] = [];
  for (let folder = join(path, ".."); ; folder = join(folder, "..")) {
    folders.push(folder);
    await disk.makeFolder(folder);
    if (folder === "/") break;
  }
  const file = await disk.open(path, "create");
  await file.write(bytes, 0);
  await file.sync();
  for (const folder of folders) await disk.syncFolder(folder);
}
