import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import type { BoardImage } from "@tonalite/device-profiles";
import { FirmwareToolError } from "../problem.ts";
import { libraryClosure } from "./elf.ts";
import { moduleClosure, type Kernel } from "./modules.ts";
import { strip } from "./native.ts";
import { epoch } from "./tools.ts";

const files = join(import.meta.dirname, "files");

/** What a root file system is made from. */
export type RootOrder = {
  /** a folder that does not exist yet */
  to: string;
  version: string;
  /** the services say nothing on the console */
  production: boolean;
  board: BoardImage;
  /** unpacked Debian packages */
  tree: string;
  kernel: Kernel;
  /** the agent as a slot holds it; of its native parts nothing is taken */
  agent: string;
  /** unpacked npm packages */
  node: string;
  koffi: string;
  /** libtonalite.so for the board */
  engine: string;
  /** tonalite-probe for the board */
  probe: string;
};

const applets =
  "sh ash mount umount cat cut sed grep ls ps free df top dmesg sleep insmod ip udhcpc hostname date sync kill reboot " +
  "poweroff halt mkdir mv cp rm ln chmod chown touch head tail tr dd tar mkfifo stat readlink sha256sum watchdog true false test [ " +
  "echo printf od init setsid ping ping6 traceroute nslookup";
const scripts = {
  rc: "etc/rc",
  "name-partitions": "usr/sbin/name-partitions",
  "mount-data": "usr/sbin/mount-data",
  "make-room": "usr/sbin/make-room",
  "note-for-agent": "usr/sbin/note-for-agent",
  "unpack-factory": "usr/sbin/unpack-factory",
  "agent-service": "usr/sbin/agent-service",
  "network-service": "usr/sbin/network-service",
  "network-lease": "usr/sbin/network-lease",
  "lease-options": "usr/sbin/lease-options",
  "dhcp-identity": "usr/sbin/dhcp-identity",
  "time-service": "usr/sbin/time-service",
  "watchdog-service": "usr/sbin/watchdog-service",
};
// Programs of Debian packages besides busybox.
const programs = ["usr/bin/fw_printenv", "usr/bin/setpriv", "sbin/e2fsck", "sbin/mke2fs", "usr/sbin/ntpd"];
// Nobody logs in. The agent is `tonalite`; root's services prepare what it needs.
const accounts = {
  "etc/passwd":
    "root:x:0:0:root:/:/bin/false\ntonalite:x:1000:1000:agent:/data/tonalite:/bin/false\n" +
    // OpenNTPD's process that speaks to the network: shut into an empty folder.
    "ntpd:x:1001:1001:clock:/run/openntpd/empty:/bin/false\nnobody:x:65534:65534:nobody:/:/bin/false\n",
  "etc/group": "root:x:0:\ntonalite:x:1000:\nntpd:x:1001:\nnogroup:x:65534:\n",
};
const mountPoints = ["proc", "sys", "dev", "run", "tmp", "data", "root", "var"];

/**
 * Lays out the root file system: busybox's init, Node, the agent, the engine, and the libraries that these need.
 * @throws FirmwareToolError
 */
export function makeRootTree(order: RootOrder): void {
  const { to, tree, board, kernel, version } = order;
  const at = (path: string): string => join(to, path);
  for (const folder of [
    ...mountPoints,
    "bin",
    "sbin",
    "etc/tonalite",
    "usr/bin",
    "usr/lib/tonalite",
    "usr/sbin",
    "lib/modules",
    "opt/tonalite",
  ])
    mkdirSync(at(folder), { recursive: true });
  const native = installAgent(order);
  put(join(tree, "bin/busybox"), at("bin/busybox"), 0o755);
  for (const applet of applets.split(" ")) symlinkSync("busybox", at(`bin/${applet}`));
  symlinkSync("../bin/busybox", at("sbin/init"));
  strip(join(order.node, "bin/node"), at("usr/bin/node"));
  for (const program of programs) put(join(tree, program), at(program), 0o755);
  symlinkSync("fw_printenv", at("usr/bin/fw_setenv"));
  installLibraries(tree, to, [at("usr/bin/node"), ...programs.map(at), ...native]);
  installModules(
    at("lib/modules"),
    moduleClosure(tree, kernel, board.modules.rootfs),
    moduleClosure(tree, kernel, board.modules.initramfs),
  );
  const inittab = readFileSync(join(files, "inittab"), "utf8");
  // busybox's init opens /dev/<first field> for a service.
  writeFileSync(
    at("etc/inittab"),
    order.production ? inittab.replaceAll(/^::respawn:/gm, "null::respawn:") : inittab,
  );
  for (const [from, path] of Object.entries(scripts)) put(join(files, from), at(path), 0o755);
  put(join(files, "partitions.sh"), at("usr/lib/tonalite/partitions.sh"), 0o644);
  put(join(files, "kernel-settings"), at("etc/tonalite/kernel-settings"), 0o644);
  const texts = {
    ...accounts,
    "etc/services": "ntp 123/udp\n",
    "etc/hosts": "127.0.0.1 localhost tonalite\n::1 localhost\n",
    "etc/nsswitch.conf": "hosts: files dns\n",
    "etc/fw_env.config": "/dev/tonalite/env 0x0 0x200\n",
    "etc/tonalite/ntp-servers": board.timeServers.map((name) => `${name}\n`).join(""),
    "etc/tonalite/version": `${version}\n`,
    "etc/tonalite/epoch": `${epoch}\n`,
    "etc/tonalite/board.env": boardEnvironment(board),
  };
  for (const [path, text] of Object.entries(texts)) writeFileSync(at(path), text);
  symlinkSync("/run/resolv.conf", at("etc/resolv.conf"));
  symlinkSync("/run", at("var/run"));
  symlinkSync("/tmp", at("var/tmp"));
  // Where OpenNTPD was compiled to keep its socket and what it learned of the clock's drift.
  mkdirSync(at("var/lib/openntpd"), { recursive: true });
  symlinkSync("/run/openntpd/run", at("var/lib/openntpd/run"));
  symlinkSync("/data/clock", at("var/lib/openntpd/db"));
}

/** The board for shell scripts. */
export function boardEnvironment({ disk }: BoardImage): string {
  return `DISK=${disk}\n`;
}

// Returns what must find its libraries.
function installAgent({ to, version, agent, koffi, engine, probe }: RootOrder): string[] {
  const slot = join(to, "opt/tonalite");
  if (!existsSync(join(agent, "agent.mjs")))
    throw new FirmwareToolError(`${agent} holds no agent.mjs: build the agent first (scripts/setup build)`);
  put(join(agent, "agent.mjs"), join(slot, "agent.mjs"), 0o644);
  cpSync(join(agent, "device-profiles"), join(slot, "device-profiles"), { recursive: true });
  writeFileSync(join(slot, "image.json"), `${JSON.stringify({ product: "tonalite-agent", version })}\n`);
  put(engine, join(slot, "libtonalite.so"), 0o755);
  put(probe, join(slot, "tonalite-probe"), 0o755);
  const addon = join(slot, "koffi.node");
  put(join(koffi, "linux_arm64/koffi.node"), addon, 0o755);
  return [join(slot, "libtonalite.so"), join(slot, "tonalite-probe"), addon];
}

function installLibraries(tree: string, to: string, users: readonly string[]): void {
  for (const { name, file } of libraryClosure(tree, users))
    put(file, join(to, name.startsWith("ld-") ? "lib" : "usr/lib", name), 0o755);
}

function installModules(folder: string, modules: readonly string[], loaded: readonly string[]): void {
  const late = modules.filter((file) => !loaded.includes(file));
  for (const file of late) put(file, join(folder, basename(file)), 0o644);
  writeFileSync(join(folder, "order"), late.map((file) => `${basename(file)}\n`).join(""));
}

/** Copies one file, through links, with its folders. */
function put(from: string, to: string, mode: number): void {
  mkdirSync(dirname(to), { recursive: true });
  writeFileSync(to, readFileSync(from));
  chmodSync(to, mode);
}

/** Bytes of all files below a folder. Links are not followed, as `readdir` would do when asked for all at once. */
export function treeSize(folder: string): number {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sum + treeSize(path);
    return entry.isFile() ? sum + statSync(path).size : sum;
  }, 0);
}
