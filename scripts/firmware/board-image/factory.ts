import {
  closeSync,
  copyFileSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadProfiles } from "@tonalite/device-profiles/load";
import { FirmwareToolError } from "../problem.ts";
import { boardOf } from "./build.ts";
import { makeDataFileSystem, partitionsOf, writePartition } from "./disk.ts";
import { imageFiles } from "./qemu.ts";

/** What makes one box of an image. */
export type FactoryOrder = {
  /** folder of a built image */
  image: string;
  board: string;
  serial: string;
  acs: string;
  acsUser?: string | undefined;
  acsPasswordFile?: string | undefined;
  /** folder of public keys (*.pem) whose updates the box takes */
  trust?: string | undefined;
  /** the box's disk */
  out: string;
};

const state = "/data/tonalite";

/**
 * Writes the disk of one box: the image's, with the box's identity and its way to the ACS on the data partition.
 * @throws FirmwareToolError
 */
export function writeBoxDisk(order: FactoryOrder): void {
  const board = boardOf(order.board);
  const profile = loadProfiles().hardware.get(order.board);
  const work = mkdtempSync(join(tmpdir(), "tonalite-box-"));
  try {
    const factory = join(work, "data/tonalite/factory");
    mkdirSync(join(factory, "trust"), { recursive: true, mode: 0o700 });
    const { serial } = order;
    const identity = { oui: profile?.oui, serial, productClass: profile?.productClass, profile: order.board };
    writeFileSync(join(factory, "identity.json"), `${JSON.stringify(identity)}\n`);
    writeFileSync(
      join(factory, "agent-arguments"),
      agentArguments(order, factory)
        .map((line) => `${line}\n`)
        .join(""),
    );
    // The agent's own record of its slots, as a box leaves the factory: slot a, no trial, floor 0.
    const record = { format: 1, active: "a", trial: null, failed: null, securityFloor: 0 };
    writeFileSync(join(work, "data/tonalite/boot.json"), `${JSON.stringify(record)}\n`);
    copyTrust(order.trust, join(factory, "trust"));
    const data = join(work, "data.ext4");
    makeDataFileSystem(data, board, join(work, "data"));
    copyDisk(join(order.image, imageFiles.disk), order.out);
    const partition = partitionsOf(board).find(({ name }) => name === "data");
    if (!partition) throw new Error("a board without data partition");
    const disk = openSync(order.out, "r+");
    try {
      writePartition(disk, partition, data);
    } finally {
      closeSync(disk);
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function agentArguments({ acs, acsUser, acsPasswordFile }: FactoryOrder, factory: string): string[] {
  if ((acsUser === undefined) !== (acsPasswordFile === undefined))
    throw new FirmwareToolError("--acs-user and --acs-password-file go together");
  if (acsUser === undefined || acsPasswordFile === undefined) return ["--acs", acs];
  writeFileSync(join(factory, "acs-password"), readText(acsPasswordFile), { mode: 0o600 });
  return ["--acs", acs, "--acs-user", acsUser, "--acs-password-file", `${state}/factory/acs-password`];
}

function copyTrust(from: string | undefined, to: string): void {
  if (from === undefined) return;
  const names = readdirSync(from).filter((name) => name.endsWith(".pem"));
  if (names.length === 0) throw new FirmwareToolError(`${from} holds no public key (*.pem)`);
  for (const name of names) copyFileSync(join(from, name), join(to, name));
}

function copyDisk(from: string, to: string): void {
  try {
    copyFileSync(from, to, constants.COPYFILE_FICLONE);
  } catch (cause) {
    throw new FirmwareToolError(`${from} cannot be copied to ${to}: is it a built image?`, { cause });
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new FirmwareToolError(`${file} cannot be read`, { cause });
  }
}
