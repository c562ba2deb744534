/** Makes bootable images of boards. `node scripts/firmware/board-image/main.ts --help`. */
import { spawnSync } from "node:child_process";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import * as z from "zod";
import { tied } from "../../tied.ts";
import { FirmwareToolError } from "../problem.ts";
import { buildBoardImage, renewPins, type BoardImageReport } from "./build.ts";
import { writeBoxDisk } from "./factory.ts";
import { makeBundle } from "./bundle.ts";
import { createBootKeys } from "./keys.ts";
import { writeTicket } from "./ticket.ts";
import { buildRecoveryImage } from "./recovery.ts";
import { bootArguments } from "./qemu.ts";

const usage = `Makes bootable images of boards: U-Boot, signed kernel, verified root file system, agent.

  node scripts/firmware/board-image/main.ts keys --key-dir DIR
      two RSA keys that sign kernels and boot scripts; U-Boot believes nothing else
  node scripts/firmware/board-image/main.ts build --version 1.2.3 --key-dir DIR --out DIR [--board ID] [--agent DIR] [--overlay DIR] [--quick] [--mirror URL] [--production]
      an image: disk.img, flash0.img, flash1.img, control.dtb; kernel.fit and rootfs.img as an update carries them;
      image.json with sizes, hashes and every package that went in. Same inputs, same bytes. Fetched packages are kept
      (--cache DIR). Debian's are those of the board's list in pins/, whatever Debian has by now. --production: for customers,
      with a console that says nothing after the boot loader but the version. --agent is the built agent (default:
      agent/dist/image); --overlay is a folder laid over the root file system;
      --quick packs less well, in a fifth of the time.
  node scripts/firmware/board-image/main.ts bundle --image DIR --key FILE --out FILE [--floor N]
      kernel.fit and rootfs.img as the one signed file that boxes of this board update from; the key is one of
      “npm run firmware -- key”
  node scripts/firmware/board-image/main.ts pins [--board ID|recovery-kernel] [--mirror URL]
      renews the board's list of Debian packages (version and SHA-256 of each, kernel and U-Boot too) with Debian's
      security updates, and says what changed. --mirror names an archive, such as a day of snapshot.debian.org
  node scripts/firmware/board-image/main.ts factory --image DIR --serial S --acs URL --out FILE
      [--acs-user U --acs-password-file F] [--trust DIR] [--board ID]
      the disk of one box: its identity and its way to the ACS on the factory partition
  node scripts/firmware/board-image/main.ts ticket (--serial S | --nameless) --key-dir DIR --out FILE
      what opens the boot loader's prompt of that one box to a technician: text for its serial console;
      --nameless: of any board whose identity is not there, blank or lost. Such a ticket stays in the factory
  node scripts/firmware/board-image/main.ts recovery --key-dir DIR --out FILE [--board ID]
      a small image for the field tool to start over the serial console, where there is no Ethernet cable: a kernel of its
      own, compiled once from Debian's source, and the program that takes the disk. It is signed as the slots are
  node scripts/firmware/board-image/main.ts run --image DIR --disk FILE [--memory MIB] [--control SOCKET] [--serial-port pty]
      boots it in QEMU; this terminal is the serial console, 10.0.2.2 is this machine. Ctrl-C ends it;
      --control opens QEMU's machine protocol on a Unix socket, --serial-port pty puts the console on a port of its own

  --board ID   a hardware profile that has “image” (default: qemu/virt-arm64)
  --json       one JSON document instead of text
Needs Debian's mmdebstrap gcc-aarch64-linux-gnu libc6-dev-arm64-cross squashfs-tools cryptsetup-bin u-boot-tools
device-tree-compiler qemu-system-arm fdisk e2fsprogs openssl (xz-utils flex bison bc for “recovery”), and agent/dist/image (scripts/setup build).
`;

const cacheFolder = join(import.meta.dirname, "../../../node_modules/.cache/tonalite-board-image");
const agentFolder = join(import.meta.dirname, "../../../agent/dist/image");
const text = z.string().min(1);
const flags = z.object({
  version: text.optional(),
  board: text.default("qemu/virt-arm64"),
  "key-dir": text.optional(),
  out: text.optional(),
  cache: text.default(cacheFolder),
  agent: text.default(agentFolder),
  overlay: text.optional(),
  key: text.optional(),
  floor: z.coerce.number({ error: "--floor must be a number" }).int().min(0).max(1_000_000).default(0),
  image: text.optional(),
  disk: text.optional(),
  "serial-port": z.enum(["stdio", "pty"], { error: "--serial-port is stdio or pty" }).default("stdio"),
  control: text.optional(),
  serial: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/, "--serial must be 1 to 64 letters, digits, dots, dashes")
    .optional(),
  acs: z
    .url({ protocol: /^https?$/, error: "--acs must be a URL that starts with http:// or https://" })
    .optional(),
  "acs-user": text.optional(),
  "acs-password-file": text.optional(),
  trust: text.optional(),
  memory: z.coerce.number({ error: "--memory must be a number of MiB" }).int().min(64).max(4096).default(256),
  mirror: z
    .url({ protocol: /^https?$/, error: "--mirror must be a URL that starts with http:// or https://" })
    .optional(),
  nameless: z.boolean().default(false),
  production: z.boolean().default(false),
  quick: z.boolean().default(false),
  json: z.boolean().default(false),
  help: z.boolean().default(false),
});
type Flags = z.infer<typeof flags>;
const booleans = new Set(["nameless", "production", "quick", "json", "help"]);

class UsageError extends Error {}

function need(
  values: Flags,
  name: "version" | "key-dir" | "key" | "out" | "image" | "disk" | "serial" | "acs",
): string {
  const value = values[name];
  if (value === undefined) throw new UsageError(`--${name} is required`);
  return value;
}

const commands: Record<string, (values: Flags) => { json: object; text: string }> = {
  keys: (values) => {
    const folder = need(values, "key-dir");
    createBootKeys(folder);
    return { json: { folder }, text: `boot keys are in ${folder}; keep *.key secret` };
  },
  build: (values) => {
    const report = buildBoardImage({
      version: need(values, "version"),
      board: values.board,
      agent: resolve(values.agent),
      overlay: values.overlay,
      quick: values.quick,
      keys: resolve(need(values, "key-dir")),
      out: resolve(need(values, "out")),
      cache: resolve(values.cache),
      mirror: values.mirror,
      production: values.production,
      progress: (step) => process.stderr.write(`board image: ${step}\n`),
    });
    return { json: report, text: describe(report) };
  },
  bundle: (values) => {
    const order = {
      image: need(values, "image"),
      key: need(values, "key"),
      out: need(values, "out"),
      securityFloor: values.floor,
    };
    const { manifest, bytes } = makeBundle(order);
    const [hardware = ""] = manifest.hardware;
    return {
      json: { manifest, size: bytes },
      text: `${order.out}: ${hardware} ${manifest.version}, ${(bytes / 1e6).toFixed(1)} MB`,
    };
  },
  pins: (values) => {
    const changed = renewPins(values.board, resolve(values.cache), values.mirror);
    const words = changed.length === 0 ? ["nothing changed"] : changed;
    return { json: { changed }, text: words.map((line) => `${values.board}: ${line}`).join("\n") };
  },
  factory: (values) => {
    const out = need(values, "out");
    writeBoxDisk({
      image: need(values, "image"),
      board: values.board,
      serial: need(values, "serial"),
      acs: need(values, "acs"),
      acsUser: values["acs-user"],
      acsPasswordFile: values["acs-password-file"],
      trust: values.trust,
      out,
    });
    return { json: { disk: out }, text: `${out}: the disk of box ${need(values, "serial")}` };
  },
  ticket: (values) => {
    if (values.nameless && values.serial !== undefined)
      throw new UsageError("--serial and --nameless are one or the other");
    const serial = values.nameless ? "" : need(values, "serial");
    const out = need(values, "out");
    writeTicket(serial, resolve(need(values, "key-dir")), out);
    const opens = values.nameless ? "opens boards without an identity" : `opens box ${serial}`;
    return { json: { ticket: out, serial }, text: `${out}: ${opens}, and no other` };
  },
  recovery: (values) => {
    const out = need(values, "out");
    const report = buildRecoveryImage({
      board: values.board,
      keys: resolve(need(values, "key-dir")),
      out: resolve(out),
      cache: resolve(values.cache),
      mirror: values.mirror,
      progress: (step) => process.stderr.write(`recovery image: ${step}\n`),
    });
    const { fit, kernel, initramfs } = report.sizes;
    const kb = (bytes: number): string => `${(bytes / 1e3).toFixed(0)} kB`;
    const text = `${out}: ${kb(fit)} for ${report.board} (kernel ${kb(kernel)}, program ${kb(initramfs)})`;
    return { json: report, text };
  },
  run: (values) => {
    const image = need(values, "image");
    const args = bootArguments(
      image,
      need(values, "disk"),
      values.memory,
      values.control,
      values["serial-port"],
    );
    const { status, error } = spawnSync(...tied("qemu-system-aarch64", args, "KILL"), { stdio: "inherit" });
    if (error || status === 127)
      throw new FirmwareToolError("QEMU cannot be run; see --help for its package");
    return { json: { status }, text: `QEMU ended with code ${status ?? "none"}` };
  },
};

function describe({ board, version, sizes, rootHash, inputs }: BoardImageReport): string {
  const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(1).padStart(7)} MB`;
  return [
    `${board} ${version}, root hash ${rootHash}, ${inputs.length} packages`,
    `  root file system ${mb(sizes.rootfs)}  (unpacked ${mb(sizes.rootTree).trim()})`,
    `  kernel FIT       ${mb(sizes.kernelFit)}  (kernel ${mb(sizes.kernel).trim()}, initramfs ${mb(sizes.initramfs).trim()})`,
    `  disk             ${mb(sizes.disk)}`,
  ].join("\n");
}

function parse(args: string[]): { command: string | undefined; values: Flags } {
  const options = Object.fromEntries(
    Object.keys(flags.shape).map((name) => [
      name,
      { type: booleans.has(name) ? "boolean" : "string" } as const,
    ]),
  );
  let parsed: ReturnType<typeof parseArgs>;
  try {
    parsed = parseArgs({ args, options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
  const values = flags.safeParse(parsed.values);
  if (!values.success) {
    const issue = values.error.issues[0];
    const name = String(issue?.path[0] ?? "");
    throw new UsageError(
      issue?.message.startsWith("--") ? issue.message : `--${name}: ${issue?.message ?? ""}`,
    );
  }
  return { command: parsed.positionals[0], values: values.data };
}

function main(args: string[]): void {
  const { command, values } = parse(args);
  if (values.help || command === undefined) {
    process.stdout.write(usage);
    if (!values.help) process.exitCode = 64;
    return;
  }
  const act = commands[command];
  if (!act) throw new UsageError(`there is no command “${command}”; see --help`);
  const answer = act(values);
  process.stdout.write(`${values.json ? JSON.stringify(answer.json) : answer.text}\n`);
}

try {
  main(process.argv.slice(2));
} catch (error) {
  const mine = error instanceof UsageError;
  if (!mine && !(error instanceof FirmwareToolError)) throw error;
  process.stderr.write(`board image: ${error.message}\n`);
  process.exitCode = mine ? 64 : 1;
}
