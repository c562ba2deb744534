import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { FirmwareToolError } from "../problem.ts";

/** The programs that are run, and the Debian package that has each. */
const debianPackages = {
  mmdebstrap: "mmdebstrap",
  npm: "npm",
  tar: "tar",
  make: "make",
  readelf: "binutils",
  "aarch64-linux-gnu-gcc": "gcc-aarch64-linux-gnu",
  "aarch64-linux-gnu-strip": "binutils-aarch64-linux-gnu",
  mksquashfs: "squashfs-tools",
  veritysetup: "cryptsetup-bin",
  mkimage: "u-boot-tools",
  mkenvimage: "u-boot-tools",
  dtc: "device-tree-compiler",
  "qemu-system-aarch64": "qemu-system-arm",
  openssl: "openssl",
  xz: "xz-utils",
  flex: "flex",
  bison: "bison",
  bc: "bc",
  sfdisk: "fdisk",
  mke2fs: "e2fsprogs",
} as const;
export type Tool = keyof typeof debianPackages;

// Those whose output is in the image, where the program's package is not the one that does it.
const makers = new Set(["gcc-12-aarch64-linux-gnu", "qemu-system-arm"]);
const fetchers = new Set([
  "mmdebstrap",
  "npm",
  "tar",
  "make",
  "binutils",
  "openssl",
  "flex",
  "bison",
  "bc",
  "gcc-aarch64-linux-gnu",
]);

/** Versions of the tools on this machine that an image's bytes depend on; "absent" where there is none. */
export function toolVersions(): { name: string; version: string }[] {
  const names = new Set([...Object.values(debianPackages).filter((name) => !fetchers.has(name)), ...makers]);
  return [...names].toSorted().map((name) => {
    const asked = spawnSync("dpkg-query", ["-W", "-f", "${Version}", name], { encoding: "utf8" });
    return { name, version: asked.status === 0 && asked.stdout !== "" ? asked.stdout : "absent" };
  });
}

export type RunOptions = { cwd?: string; env?: Record<string, string | undefined>; input?: string };

// File times and signatures made by tools that follow reproducible-builds.org's SOURCE_DATE_EPOCH; never before 1980.
export const epoch = 1_767_225_600;

/**
 * Runs a program to its end. Arguments that belong together may stand in a list of their own.
 * @returns what it printed
 * @throws FirmwareToolError with the program's last words, or the Debian package that has it
 */
export function run(
  tool: Tool,
  args: readonly (string | readonly string[])[],
  options: RunOptions = {},
): string {
  const { cwd, env = {}, input } = options;
  const fixed = { LC_ALL: "C.UTF-8", TZ: "UTC", SOURCE_DATE_EPOCH: String(epoch) };
  const ended = spawnSync(tool, args.flat(), {
    encoding: "utf8",
    maxBuffer: 64 << 20,
    env: { ...process.env, PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`, ...fixed, ...env },
    ...(cwd === undefined ? {} : { cwd }),
    ...(input === undefined ? {} : { input }),
  });
  if (ended.error)
    throw new FirmwareToolError(
      `${tool} cannot be run (${ended.error.message}); it is in Debian's package ${debianPackages[tool]}`,
    );
  if (ended.status !== 0) {
    const words = `${ended.stdout}${ended.stderr}`.trim().split("\n").slice(-8).join("\n  ");
    throw new FirmwareToolError(`${tool} ended with code ${ended.status ?? "none"}:\n  ${words}`);
  }
  return ended.stdout;
}

/** Hexadecimal SHA-256 of a file. */
export function sha256File(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}

/** Replaces every `@NAME@`; a name without value is a mistake of ours and throws. */
export function fill(text: string, values: Record<string, string | number>): string {
  return text.replaceAll(/@([A-Z_]+)@/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`no value for @${name}@`);
    return String(value);
  });
}
