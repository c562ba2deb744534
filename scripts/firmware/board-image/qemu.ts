import { join } from "node:path";
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

/** Bytes of each of the machine's flash chips; QEMU takes no other size. */
export const flashBytes = 64 << 20;

const machine = "virt,gic-version=2,dtb-randomness=off";

function boardArguments(folder: string, machineOptions: string, memoryMiB: number): string[] {
  const flash = (name: string): string => `if=pflash,format=raw,readonly=on,file=${join(folder, name)}`;
  return [
    ["-M", machineOptions, "-cpu", "cortex-a53", "-smp", "1", "-m", String(memoryMiB), "-display", "none"],
    ["-drive", flash(imageFiles.flash), "-drive", flash(imageFiles.environment)],
  ].flat();
}

/**
 * The command line (without the program's name) that boots a built image. The serial console is stdin and stdout.
 * @param disk a copy of the image's disk that the box may write; host names as seen from the box: 10.0.2.2 is this machine
 * @param control path of a socket to open for QEMU's machine protocol (QMP), which resets the machine and reads its state
 */
export function bootArguments(folder: string, disk: string, memoryMiB: number, control?: string): string[] {
  return [
    ...boardArguments(folder, machine, memoryMiB),
    ["-dtb", join(folder, imageFiles.controlTree), "-nodefaults", "-serial", "stdio"],
    // What the box flushes survives its reset in this machine's memory; only this machine's own end would lose it.
    ["-drive", `if=none,id=disk,format=raw,cache=unsafe,file=${disk}`, "-device", "virtio-blk-device,drive=disk"],
    ["-netdev", "user,id=net", "-device", "virtio-net-device,netdev=net"],
    ["-device", "virtio-rng-device", "-device", "i6300esb", "-action", "watchdog=reset"],
    control === undefined ? [] : ["-qmp", `unix:${control},server=on,wait=off`],
  ].flat();
}

/**
 * The device tree that QEMU would give the machine, without its random seeds.
 * @throws FirmwareToolError
 */
export function dumpDeviceTree(folder: string, to: string): void {
  run("qemu-system-aarch64", [
    ...boardArguments(folder, `${machine},dumpdtb=${to}`, 256),
    ["-nic", "none", "-monitor", "none", "-serial", "null"],
  ]);
}
