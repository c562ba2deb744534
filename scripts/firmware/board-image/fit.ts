import { writeFileSync } from "node:fs";
import type { BoardImage } from "@tonalite/device-profiles";
import { bootKeys } from "./keys.ts";
import { run } from "./tools.ts";

const algorithm = "sha256,rsa3072";
// Every image carries a signature of its own: U-Boot demands it of all once it demands it of the boot script.
const signedImage = `hash-1 { algo = "sha256"; }; signature-1 { algo = "${algorithm}"; key-name-hint = "${bootKeys.image}"; };`;

/** Files of a kernel FIT; the kernel is packed. */
export type KernelParts = { kernel: string; initramfs: string; deviceTree: string };

/**
 * Source of a FIT with kernel, initramfs and device tree, signed one by one and together.
 * @param version what is in it, for people and the field tool
 * @param packing the kernel's
 */
export function kernelSource(
  board: BoardImage,
  parts: KernelParts,
  version: string,
  packing: "gzip" | "lzma" = "gzip",
): string {
  const { kernel } = board.uBoot.addresses;
  const common = `arch = "${board.architecture}"; os = "linux";`;
  return `/dts-v1/;
/ { description = "Tonalite ${version}"; #address-cells = <1>;
 images {
  kernel { data = /incbin/("${parts.kernel}"); type = "kernel"; ${common} compression = "${packing}"; load = <${kernel}>; entry = <${kernel}>; ${signedImage} };
  initramfs { data = /incbin/("${parts.initramfs}"); type = "ramdisk"; ${common} compression = "none"; ${signedImage} };
  board { data = /incbin/("${parts.deviceTree}"); type = "flat_dt"; arch = "${board.architecture}"; compression = "none"; ${signedImage} };
 };
 configurations { default = "tonalite"; tonalite { kernel = "kernel"; ramdisk = "initramfs"; fdt = "board";
  signature-1 { algo = "${algorithm}"; key-name-hint = "${bootKeys.configuration}"; sign-images = "kernel", "ramdisk", "fdt"; }; }; };
};
`;
}

/**
 * Source of a FIT with a script. mkimage wants to see configurations, even none.
 * @param name what U-Boot asks for: the boot script is `script`, a ticket's `service`, so that neither passes for the other
 */
export function scriptSource(script: string, name: "script" | "service"): string {
  return `/dts-v1/;
/ { description = "Tonalite ${name}"; #address-cells = <1>;
 images { ${name} { data = /incbin/("${script}"); type = "script"; compression = "none"; ${signedImage} }; };
 configurations { };
};
`;
}

/**
 * Builds and signs a FIT, and leaves the public key, demanded, in U-Boot's control device tree.
 * @throws FirmwareToolError
 */
export function signFit(source: string, to: string, keyFolder: string, controlTree: string): void {
  const sourceFile = `${to}.its`;
  writeFileSync(sourceFile, source);
  run("mkimage", ["-f", sourceFile, "-k", keyFolder, "-K", controlTree, "-r", to]);
}

/** A copy of a device tree with room for keys. */
export function makeControlTree(deviceTree: string, to: string): void {
  run("dtc", ["-q", "-I", "dtb", "-O", "dtb", "-p", "8192", "-o", to, deviceTree]);
}
