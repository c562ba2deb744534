import { closeSync, ftruncateSync, openSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import type { BoardImage } from "@tonalite/device-profiles";
import { FirmwareToolError } from "../problem.ts";
import { factoryBytes } from "./factory-partition.ts";
import { epoch, run } from "./tools.ts";

const sector = 512;
const mebibyte = 1 << 20;
const sectorsOf = (mebibytes: number): number => (mebibytes * mebibyte) / sector;
const linuxData = "0FC63DAF-8483-4772-8E79-3D69D8477DE4";
// Fixed: boards are told apart by their factory identity, and equal inputs give equal bytes.
const diskId = "7D9E2A54-1B52-4C1E-9C5A-0F0E6F1D0000";
const partitionId = (number: number): string => `${diskId.slice(0, -1)}${number}`;

/** A partition of the disk: first sector and size in sectors. */
export type Partition = { name: string; number: number; start: number; sectors: number };

/**
 * boot, env, the box's identity, both slots, data: in this order, one after the other from 1 MiB on. Everything finds them
 * by name.
 */
export function partitionsOf({ partitions: { kernel, rootfs, data } }: BoardImage): Partition[] {
  const sizes: [string, number][] = [
    ["boot", 1],
    ["env", 1],
    ["factory", factoryBytes / mebibyte],
    ["kernel_a", kernel],
    ["rootfs_a", rootfs],
    ["kernel_b", kernel],
    ["rootfs_b", rootfs],
    ["data", data],
  ];
  let start = sectorsOf(1);
  return sizes.map(([name, size], index) => {
    const partition = { name, number: index + 1, start, sectors: sectorsOf(size) };
    start += partition.sectors;
    return partition;
  });
}

/**
 * Writes a disk with a GPT; `contents` names the file of each partition that is not empty.
 * @throws FirmwareToolError when one does not fit
 */
export function makeDisk(to: string, board: BoardImage, contents: Record<string, string>): void {
  const partitions = partitionsOf(board);
  const last = partitions.at(-1);
  if (!last) throw new Error("a disk without partitions");
  // The last MiB is the second copy of the table's.
  const bytes = (last.start + last.sectors) * sector + mebibyte;
  rmSync(to, { force: true });
  const disk = openSync(to, "w");
  try {
    ftruncateSync(disk, bytes);
    for (const partition of partitions) {
      const file = contents[partition.name];
      if (file !== undefined) writePartition(disk, partition, file);
    }
  } finally {
    closeSync(disk);
  }
  const lines = partitions.map(
    ({ name, number, start, sectors }) =>
      `start=${start}, size=${sectors}, type=${linuxData}, name=${name}, uuid=${partitionId(number)}`,
  );
  run("sfdisk", ["--quiet", "--no-reread", "--no-tell-kernel", to], {
    input: ["label: gpt", `label-id: ${diskId}`, ...lines, ""].join("\n"),
  });
}

/**
 * Puts a file at the start of a partition; blocks of zeroes stay holes.
 * @throws FirmwareToolError when it does not fit
 */
export function writePartition(disk: number, { name, start, sectors }: Partition, file: string): void {
  const { size } = statSync(file);
  if (size > sectors * sector)
    throw new FirmwareToolError(`${name} holds ${sectors * sector} bytes, its content has ${size}`);
  const bytes = readFileSync(file);
  for (let offset = 0; offset < size; offset += mebibyte) {
    const part = bytes.subarray(offset, offset + mebibyte);
    if (part.some((byte) => byte !== 0)) writeSync(disk, part, 0, part.length, start * sector + offset);
  }
}

/**
 * An ext4 file system for the data partition.
 * @param from folder with its first content; the files' times make its bytes differ from run to run
 * @throws FirmwareToolError
 */
export function makeDataFileSystem(to: string, { partitions: { data } }: BoardImage, from?: string): void {
  rmSync(to, { force: true });
  const id = `${diskId.slice(0, -1)}7`;
  run(
    "mke2fs",
    [
      ["-q", "-t", "ext4", "-L", "data", "-U", id, "-m", "2", "-J", "size=4"],
      ["-E", `hash_seed=${id},root_owner=0:0,lazy_itable_init=0,lazy_journal_init=0`],
      ...(from === undefined ? [] : ["-d", from]),
      [to, `${data}M`],
    ],
    { env: { E2FSPROGS_FAKE_TIME: String(epoch) } },
  );
}
