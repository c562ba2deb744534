import { createHash } from "node:crypto";
import { closeSync, openSync, readFileSync, readSync, writeSync } from "node:fs";
import { spawnSync } from "node:child_process";
import {
  bootEnvironmentBytes,
  decodeBootEnvironment,
  encodeBootEnvironment,
} from "@tonalite/agent/core/firmware";
import type { BootEnvironment } from "@tonalite/agent/core/firmware";

/** A disk image and its partitions by name (byte offsets and sizes), as sfdisk reads them. */
export type Disk = {
  file: string;
  offsets: ReadonlyMap<string, number>;
  sizes: ReadonlyMap<string, number>;
};

/** Reads the partition table of a disk image. */
export function openDisk(file: string): Disk {
  const said = spawnSync("/usr/sbin/sfdisk", ["--json", file], { encoding: "utf8" });
  if (said.status !== 0) throw new Error(`sfdisk: ${said.stderr}`);
  const { partitiontable } = JSON.parse(said.stdout) as {
    partitiontable: { partitions: { name: string; start: number; size: number }[] };
  };
  const { partitions } = partitiontable;
  return {
    file,
    offsets: new Map(partitions.map(({ name, start }) => [name, start * 512])),
    sizes: new Map(partitions.map(({ name, size }) => [name, size * 512])),
  };
}

/** Writes over what a partition holds, from its first byte or further in. */
export function overwrite(disk: Disk, partition: string, bytes: Uint8Array, further = 0): void {
  const offset = offsetOf(disk, partition) + further;
  const handle = openSync(disk.file, "r+");
  try {
    writeSync(handle, bytes, 0, bytes.length, offset);
  } finally {
    closeSync(handle);
  }
}

/** Turns one bit of a partition over. */
export function damage(disk: Disk, partition: string, further: number): void {
  const [byte = 0] = read(disk, partition, 1, further);
  overwrite(disk, partition, Uint8Array.of(byte ^ 1), further);
}

/** The slots' state. @throws Error when its checksum is wrong */
export function readState(disk: Disk): BootEnvironment {
  const state = decodeBootEnvironment(read(disk, "env", bootEnvironmentBytes, 0));
  if (!state) throw new Error("the state's checksum is wrong");
  return state;
}

export function writeState(disk: Disk, state: BootEnvironment): void {
  overwrite(disk, "env", encodeBootEnvironment(state));
}

/** Hexadecimal SHA-256 of all that a partition holds. */
export function hashPartition(disk: Disk, partition: string): string {
  const bytes = read(disk, partition, disk.sizes.get(partition) ?? 0, 0);
  return createHash("sha256").update(bytes).digest("hex");
}

/** Puts a file into a partition. */
export function put(disk: Disk, partition: string, file: string): void {
  overwrite(disk, partition, readFileSync(file));
}

function read(disk: Disk, partition: string, length: number, further: number): Buffer {
  const bytes = Buffer.alloc(length);
  const handle = openSync(disk.file, "r");
  try {
    readSync(handle, bytes, 0, length, offsetOf(disk, partition) + further);
  } finally {
    closeSync(handle);
  }
  return bytes;
}

function offsetOf(disk: Disk, partition: string): number {
  const offset = disk.offsets.get(partition);
  if (offset === undefined) throw new Error(`the disk has no partition ${partition}`);
  return offset;
}
