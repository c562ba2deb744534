import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { BoardImage } from "@tonalite/device-profiles";
import { loadProfiles } from "@tonalite/device-profiles/load";
import * as z from "zod";
import { FirmwareToolError } from "../problem.ts";
import { run } from "./tools.ts";

/** Names of the files of a built image. */
export const imageFiles = {
  disk: "disk.img",
  /** boot flash: U-Boot; and the flash with its environment, which nothing ever writes */
  flash: "flash0.img",
  environment: "flash1.img",
  /** the machine's device tree with the public keys that U-Boot demands */
  controlTree: "control.dtb",
  report: "image.json",
} as const;

/** @throws FirmwareToolError when there is no such board, or none that images are made for */
export function boardOf(id: string): BoardImage {
  const { hardware } = loadProfiles();
  const image = hardware.get(id)?.image;
  if (image) return image;
  const known = [...hardware.values()].filter((profile) => profile.image).map((profile) => profile.id);
  throw new FirmwareToolError(
    `there is no board “${id}” to make an image for; there are: ${known.join(", ")}`,
  );
}

/** The board that a built image is for. */
function boardOfImage(folder: string): BoardImage {
  const file = join(folder, imageFiles.report);
  try {
    return boardOf(z.object({ board: z.string() }).parse(JSON.parse(readFileSync(file, "utf8"))).board);
  } catch (cause) {
    if (cause instanceof FirmwareToolError) throw cause;
    throw new FirmwareToolError(`${folder} holds no built image (${imageFiles.report})`, { cause });
  }
}

function boardArguments(
  folder: string,
  { cpu }: BoardImage["emulator"],
  machine: string,
  memoryMiB: number,
): string[] {
  const flash = (name: string): string => `if=pflash,format=raw,readonly=on,file=${join(folder, name)}`;
  return [
    ["-M", machine, "-cpu", cpu, "-smp", "1", "-m", String(memoryMiB), "-display", "none"],
    ["-drive", flash(imageFiles.flash), "-drive", flash(imageFiles.environment)],
  ].flat();
}

/**
 * The command line (without the program's name) that boots a built image.
 * @param disk a copy of the image's disk that the box may write; host names as seen from the box: 10.0.2.2 is this machine
 * @param control path of a socket to open for QEMU's machine protocol (QMP), which resets the machine and reads its state
 * @param serialPort where the serial console goes: `stdio`, or `pty` for a port of its own, which QEMU names
 */
export function bootArguments(
  folder: string,
  disk: string,
  memoryMiB: number,
  control?: string,
  serialPort = "stdio",
): string[] {
  const { emulator } = boardOfImage(folder);
  return [
    ...boardArguments(folder, emulator, emulator.machine, memoryMiB),
    ["-dtb", join(folder, imageFiles.controlTree), "-nodefaults", "-serial", serialPort],
    // What the box flushes survives its reset in this machine's memory; only this machine's own end would lose it.
    ["-drive", `if=none,id=disk,format=raw,cache=unsafe,file=${disk}`, "-netdev", "user,id=net"],
    emulator.devices.flatMap((device) => ["-device", device]),
    ["-action", "watchdog=reset"],
    control === undefined ? [] : ["-qmp", `unix:${control},server=on,wait=off`],
  ].flat();
}

/**
 * The device tree that QEMU would give the machine, without its random seeds.
 * @throws FirmwareToolError
 */
export function dumpDeviceTree({ emulator }: BoardImage, folder: string, to: string): void {
  run("qemu-system-aarch64", [
    ...boardArguments(folder, emulator, `${emulator.machine},dumpdtb=${to}`, 256),
    ["-nic", "none", "-monitor", "none", "-serial", "null"],
  ]);
}
