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
import { boardOf } from "./qemu.ts";
import { makeDataFileSystem, partitionsOf, writePartition } from "./disk.ts";
import { encodeFactoryPartition } from "./factory-partition.ts";
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

/** Where the box finds its factory files while it runs. */
const onBox = "/run/factory";

/**
 * Writes the disk of one box: the image's, with the box's identity and its way to the ACS on the factory partition.
 * @throws FirmwareToolError
 */
export function writeBoxDisk(order: FactoryOrder): void {
  const board = boardOf(order.board);
  const work = mkdtempSync(join(tmpdir(), "tonalite-box-"));
  try {
    const factory = join(work, "factory.img");
    writeFileSync(factory, encodeFactoryPartition(factoryFiles(order)), { mode: 0o600 });
    mkdirSync(join(work, "data/tonalite"), { recursive: true, mode: 0o700 });
    // The agent's own record of its slots, as a box leaves the factory: slot a, no trial, floor 0.
    const record = { format: 1, active: "a", trial: null, failed: null, securityFloor: 0 };
    writeFileSync(join(work, "data/tonalite/boot.json"), `${JSON.stringify(record)}\n`);
    const data = join(work, "data.ext4");
    makeDataFileSystem(data, board, join(work, "data"));
    copyDisk(join(order.image, imageFiles.disk), order.out);
    const disk = openSync(order.out, "r+");
    try {
      for (const partition of partitionsOf(board)) {
        if (partition.name === "factory") writePartition(disk, partition, factory);
        if (partition.name === "data") writePartition(disk, partition, data);
      }
    } finally {
      closeSync(disk);
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/**
 * The files of a box's factory partition.
 * @throws FirmwareToolError for a password or key file that cannot be read
 */
export function factoryFiles(order: Omit<FactoryOrder, "image" | "out">): Record<string, string> {
  const { board, serial, acs, acsUser, acsPasswordFile } = order;
  if ((acsUser === undefined) !== (acsPasswordFile === undefined))
    throw new FirmwareToolError("--acs-user and --acs-password-file go together");
  const account =
    acsUser === undefined || acsPasswordFile === undefined
      ? undefined
      : { user: acsUser, password: readText(acsPasswordFile) };
  return { ...boxFiles({ board, serial, acs, account }), ...trustFiles(order.trust) };
}

/** Who a box is, and its way to the ACS, as files of its factory partition. */
export function boxFiles(box: {
  /** id of the hardware profile */
  board: string;
  serial: string;
  mac?: string | undefined;
  /** absent: the box asks DHCP for its ACS */
  acs?: string | undefined;
  account?: { user: string; password: string } | undefined;
}): Record<string, string> {
  const { board, serial, mac, acs, account } = box;
  const profile = loadProfiles().hardware.get(board);
  if (!profile) throw new FirmwareToolError(`there is no hardware profile “${board}”`);
  const { oui, productClass } = profile;
  const passwordFile = `${onBox}/acs-password`;
  const agentArguments = [
    ...(acs === undefined ? [] : ["--acs", acs]),
    ...(account ? ["--acs-user", account.user, "--acs-password-file", passwordFile] : []),
  ];
  return {
    "identity.json": `${JSON.stringify({ oui, serial, productClass, profile: board, mac })}\n`,
    "agent-arguments": agentArguments.map((line) => `${line}\n`).join(""),
    ...(account ? { "acs-password": account.password } : {}),
  };
}

/**
 * Public keys and the release root of a folder, as files of the factory partition.
 * @throws FirmwareToolError
 */
export function trustFiles(from: string | undefined): Record<string, string> {
  if (from === undefined) return {};
  const names = readdirSync(from).filter((name) => name.endsWith(".pem") || name === "root.json");
  if (!names.some((name) => name.endsWith(".pem")))
    throw new FirmwareToolError(`${from} holds no public key (*.pem)`);
  return Object.fromEntries(names.map((name) => [`trust/${name}`, readText(join(from, name))]));
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
