import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { boardOf } from "./qemu.ts";
import { encodeCpio } from "./cpio.ts";
import { partitionsOf } from "./disk.ts";
import { kernelSource, scriptSource } from "./fit.ts";
import { pack } from "./initramfs.ts";
import { moduleClosure } from "./modules.ts";
import { requireSettings } from "./recovery-kernel.ts";
import { encodeSRecords } from "./ticket.ts";
import { fill } from "./tools.ts";

const board = boardOf("qemu/virt-arm64");
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tonalite-board-image-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("an initramfs", () => {
  const archive = (): Buffer =>
    encodeCpio([
      { path: "bin", kind: "folder" },
      { path: "bin/busybox", kind: "file", bytes: Buffer.from("program"), executable: true },
      { path: "bin/sh", kind: "link", target: "busybox" },
      { path: "dev", kind: "folder" },
      { path: "dev/console", kind: "character-device", major: 5, minor: 1 },
      { path: "text", kind: "file", bytes: Buffer.from("twelve bytes"), executable: false },
    ]);

  it("is the archive that the kernel documents", () => {
    const bytes = archive();
    const header = (path: string): string => {
      const name = bytes.indexOf(`${path}\0`);
      return bytes.toString("latin1", name - 110, name);
    };
    const field = (path: string, index: number): number =>
      Number.parseInt(header(path).slice(6 + 8 * index, 14 + 8 * index), 16);
    expect(header("bin/busybox").slice(0, 6)).toBe("070701");
    expect(["bin", "bin/busybox", "bin/sh", "dev/console", "text"].map((path) => field(path, 1))).toEqual([
      0o040755, 0o100755, 0o120777, 0o020600, 0o100644,
    ]);
    expect([field("dev/console", 9), field("dev/console", 10)]).toEqual([5, 1]);
    expect([field("text", 5), field("text", 6)]).toEqual([0, 12]);
    expect(bytes.length % 4).toBe(0);
    expect(bytes.includes("TRAILER!!!")).toBe(true);
  });

  it("is the same bytes twice, packed too, whatever the system", () => {
    expect(pack(archive()).equals(pack(archive()))).toBe(true);
    expect([...pack(archive()).subarray(4, 10)]).toEqual([0, 0, 0, 0, 2, 255]);
  });
});

describe("kernel modules", () => {
  const kernel = { version: "6", image: "" };
  beforeAll(() => {
    const modules = join(folder, "lib/modules/6/kernel");
    mkdirSync(modules, { recursive: true });
    const module = (name: string, depends: string): void =>
      writeFileSync(join(modules, `${name}.ko`), `\0license=GPL\0depends=${depends}\0name=${name}\0`);
    module("dm-verity", "dm_mod,reed-solomon");
    module("dm-mod", "");
    module("reed_solomon", "dm-mod");
    writeFileSync(join(folder, "lib/modules/6/modules.builtin"), "kernel/fs/fat.ko\n");
  });

  it("come after what they need, whichever way they are written; the kernel's own are left out", () => {
    const order = moduleClosure(folder, kernel, ["fat", "dm_verity"]);
    expect(order.map((file) => /([^/]+)\.ko$/.exec(file)?.[1])).toEqual([
      "dm-mod",
      "reed_solomon",
      "dm-verity",
    ]);
  });

  it("that do not exist are named", () => {
    expect(() => moduleClosure(folder, kernel, ["nowhere"])).toThrow(/no module nowhere/);
  });
});

describe("the disk", () => {
  it("has the partitions of the boot script, each after the other", () => {
    const partitions = partitionsOf(board);
    expect(partitions.map(({ name }) => name).join(" ")).toBe(
      "boot env factory kernel_a rootfs_a kernel_b rootfs_b data",
    );
    for (const [index, { start, sectors }] of partitions.entries())
      expect(partitions[index + 1]?.start ?? start + sectors).toBe(start + sectors);
  });
});

describe("what U-Boot reads", () => {
  it("demands both signatures of every part of the kernel FIT", () => {
    const source = kernelSource(board, { kernel: "k", initramfs: "i", deviceTree: "d" }, "1.0.0");
    expect(source.match(/key-name-hint = "boot-image"/g)).toHaveLength(3);
    expect(source).toContain('sign-images = "kernel", "ramdisk", "fdt"');
  });

  it("demands the same of a recovery image, and lets the field tool see which board it is for", () => {
    const parts = { kernel: "k", initramfs: "i", deviceTree: "d" };
    const source = kernelSource(board, parts, "recovery qemu/virt-arm64", "lzma");
    expect(source.match(/key-name-hint = "boot-image"/g)).toHaveLength(3);
    expect(source).toContain('description = "Tonalite recovery qemu/virt-arm64"');
    expect(source).toContain('compression = "lzma"');
  });

  it("takes no kernel whose settings are not those that were asked for", () => {
    const wanted = "# CONFIG_NET is not set\nCONFIG_TTY=y\nCONFIG_BASE_SMALL=1\n";
    expect(() => requireSettings(wanted, "CONFIG_BASE_SMALL=1\nCONFIG_TTY=y\n")).not.toThrow();
    expect(() => requireSettings(wanted, "CONFIG_TTY=y\nCONFIG_BASE_SMALL=0\n")).toThrow(
      /does not take CONFIG_BASE_SMALL=1:/,
    );
  });

  it("leaves no blank in the boot script, and no way past the signature", () => {
    for (const name of ["boot.cmd", "environment.txt"]) {
      const text = readFileSync(join(import.meta.dirname, "files", name), "utf8");
      const blanks = [...text.matchAll(/@([A-Z_]+)@/g)].map(([, blank = ""]) => [blank, "x"] as const);
      expect(fill(text, Object.fromEntries(blanks))).not.toMatch(/@/);
      expect(() => fill(text, {})).toThrow(/no value for @/);
      // Formats without signature start with other bytes.
      expect(text).toContain('"${magic}" = "edfe0dd0"');
    }
  });

  it("starts anew where nothing is to be trusted, and stops only for a ticket", () => {
    const text = (name: string): string => readFileSync(join(import.meta.dirname, "files", name), "utf8");
    expect(text("boot.cmd")).toMatch(/reset\s*$/);
    expect(text("environment.txt")).toMatch(/^bootdelay=-2$/m);
    expect(text("environment.txt")).toMatch(
      /if test "\$\{access\}" != granted; then reset; fi; echo "[^"]*"\s*$/,
    );
    // Only a signed script says it.
    expect(text("ticket.cmd")).toContain("setenv access granted");
    expect(text("environment.txt") + text("boot.cmd")).not.toContain("setenv access");
  });

  it("takes a ticket as S-records", () => {
    // Example: 4 bytes at 0; count 9, sum 0x09 + 0x0a, complement 0xec.
    expect(encodeSRecords(Uint8Array.of(1, 2, 3, 4))).toBe("S3090000000001020304EC\r\nS70500000000FA\r\n");
    expect(encodeSRecords(new Uint8Array(33)).split("\r\n")[1]).toBe("S3060000002000D9");
  });

  it("does not take a boot script for a ticket", () => {
    expect(scriptSource("f", "service")).toContain("service { data");
    expect(scriptSource("f", "script")).toContain("script { data");
    expect(scriptSource("f", "script")).not.toContain("service");
  });
});

describe("the box's scripts", () => {
  const files = join(import.meta.dirname, "files");
  const scripts = readdirSync(files).filter((name) => {
    const text = readFileSync(join(files, name), "utf8");
    return text.startsWith("#!/bin/sh\n") || name.endsWith(".sh");
  });

  it.each(scripts)("%s is a shell script without a mistake of grammar", (name) => {
    execFileSync("sh", ["-n", join(files, name)]);
  });
});

describe("the command", () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [join(import.meta.dirname, "main.ts"), ...args], { encoding: "utf8" });

  it.each([
    [["build"], 64, "--version is required"],
    [["build", "--version", "1.0.0", "--key-dir", "/nowhere", "--out", "/nowhere"], 1, "make keys with"],
    [["build", "--version", "next", "--key-dir", "k", "--out", "o"], 1, "is not a version"],
    [
      ["build", "--version", "1.0.0", "--board", "ippi/box", "--key-dir", "k", "--out", "o"],
      1,
      "qemu/virt-arm64",
    ],
    [["factory", "--acs", "ftp://x"], 64, "--acs must be a URL"],
    [["ticket", "--serial", "a b"], 64, "--serial must be 1 to 64 letters"],
    [["recovery", "--key-dir", "k"], 64, "--out is required"],
    [
      ["recovery", "--board", "qemu/virt-arm64-nvme", "--key-dir", "k", "--out", "o"],
      1,
      "does not say what a recovery image needs",
    ],
    [["run", "--memory", "lots"], 64, "--memory must be a number of MiB"],
    [["fly"], 64, "there is no command"],
  ])("says in one line what is wrong with %j", (args, code, words) => {
    const ended = run(...args);
    expect(ended.stderr).toContain(words);
    expect(ended.stderr.trim().split("\n")).toHaveLength(1);
    expect(ended.status).toBe(code);
  });

  it("makes keys, and never replaces them", () => {
    const keys = join(folder, "keys");
    expect(run("keys", "--key-dir", keys).status).toBe(0);
    expect(run("keys", "--key-dir", keys).stderr).toContain("never replaced");
  });
});
