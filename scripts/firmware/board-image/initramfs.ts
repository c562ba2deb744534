import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import type { BoardImage } from "@tonalite/device-profiles";
import { encodeCpio, type CpioEntry } from "./cpio.ts";
import { libraryClosure } from "./elf.ts";
import { moduleClosure, type Kernel } from "./modules.ts";
import { verityEnvironment, type VerityRoot } from "./root-image.ts";
import { boardEnvironment } from "./root-tree.ts";

const applets = "sh mount umount cat echo sleep insmod reboot switch_root [ test".split(" ");

/**
 * The initramfs: busybox, dmsetup, the drivers of the disk, and the root hash.
 * @throws FirmwareToolError
 */
export function makeInitramfs(tree: string, kernel: Kernel, board: BoardImage, root: VerityRoot): Buffer {
  const dmsetup = join(tree, "sbin/dmsetup");
  const modules = moduleClosure(tree, kernel, board.modules.initramfs);
  const folder = (path: string): CpioEntry => ({ path, kind: "folder" });
  const text = (path: string, content: string): CpioEntry => ({
    path,
    kind: "file",
    bytes: Buffer.from(content),
    executable: false,
  });
  const file = (path: string, from: string, executable = true): CpioEntry => ({
    path,
    kind: "file",
    bytes: readFileSync(from),
    executable,
  });
  const entries = [
    ...["bin", "dev", "lib", "modules", "newroot", "proc", "sbin", "sys"].map(folder),
    // Until devtmpfs is mounted: what init says first must be heard.
    { path: "dev/console", kind: "character-device", major: 5, minor: 1 } as const,
    file("init", join(import.meta.dirname, "files/initramfs-init")),
    file("bin/busybox", join(tree, "bin/busybox")),
    ...applets.map((name): CpioEntry => ({ path: `bin/${name}`, kind: "link", target: "busybox" })),
    file("sbin/dmsetup", dmsetup),
    ...libraryClosure(tree, [dmsetup]).map((library) => file(`lib/${library.name}`, library.file)),
    ...modules.map((path) => file(`modules/${basename(path)}`, path, false)),
    text("modules/order", modules.map((path) => `${basename(path)}\n`).join("")),
    text("board.env", boardEnvironment(board)),
    file("partitions.sh", join(import.meta.dirname, "files/partitions.sh"), false),
    text("verity.env", verityEnvironment(root)),
  ];
  return pack(encodeCpio(entries));
}

/** gzip whose header names neither time nor system, so that equal bytes stay equal (RFC 1952 §2.3.1). */
export function pack(bytes: Uint8Array): Buffer {
  const packed = gzipSync(bytes, { level: 9 });
  packed[9] = 255;
  return packed;
}
