import { spawn, type ChildProcess } from "node:child_process";
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SerialLine } from "../line/line.ts";
import { openSerialLine } from "../line/serial-line.ts";
import { tied } from "../../tied.ts";

const bootloader = "/usr/lib/u-boot/qemu_arm64/u-boot.bin";
const program = "/usr/bin/qemu-system-aarch64";

/** Why no real U-Boot can be run here; undefined when it can. */
export const qemuMissing =
  existsSync(bootloader) && existsSync(program)
    ? undefined
    : "u-boot-qemu and qemu-system-arm are not installed";

/** U-Boot as Debian ships it, on QEMU's virt with a disk and a pty for a serial port. */
export class QemuBoard {
  readonly #folder = mkdtempSync(join(tmpdir(), "board-"));
  readonly #diskBytes: number;
  readonly #network: boolean;
  readonly #nvme: boolean;
  #child: ChildProcess | undefined;
  #line: SerialLine | undefined;
  /** Path of the serial port while it is on. */
  port = "";

  /**
   * @param network whether its Ethernet cable is in: QEMU's own network with DHCP, behind which this machine is
   * @param nvme whether its disk is behind PCI Express
   */
  constructor(diskBytes: number, { network = false, nvme = false } = {}) {
    this.#nvme = nvme;
    this.#diskBytes = diskBytes;
    this.#network = network;
    copyFileSync(bootloader, this.#file("flash0"));
    writeFileSync(this.#file("flash1"), "");
    writeFileSync(this.#file("disk"), "");
    truncateSync(this.#file("flash0"), 64 << 20);
    truncateSync(this.#file("flash1"), 64 << 20);
    truncateSync(this.#file("disk"), diskBytes);
  }

  /** Starts it frozen, so that nothing is said before the port is open. */
  async start(): Promise<void> {
    const drive = (name: string, kind: string) => ["-drive", `${kind},format=raw,file=${this.#file(name)}`];
    const network = this.#network
      ? ["-netdev", "user,id=net", "-device", "virtio-net-device,netdev=net"]
      : ["-nic", "none"];
    const machine = ["-M", "virt", "-cpu", "cortex-a53", "-m", "128", ...network, "-S"];
    const drives = [
      ...drive("flash0", "if=pflash"),
      ...drive("flash1", "if=pflash"),
      ...drive("disk", "if=none,id=hd"),
    ];
    const devices = [
      ["-device", this.#nvme ? "nvme,drive=hd,serial=disk" : "virtio-blk-device,drive=hd"],
      ["-serial", "pty"],
    ].flat();
    const control = ["-display", "none", "-monitor", "none", "-qmp"];
    const args = [
      ...machine,
      ...drives,
      ...devices,
      ...control,
      `unix:${this.#file("qmp")},server=on,wait=off`,
    ];
    const child = spawn(...tied(program, args, "KILL"), { stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    this.port = await new Promise<string>((resolve, reject) => {
      let said = "";
      const hear = (bytes: Buffer) => {
        said += bytes.toString();
        const path = /redirected to (\S+)/.exec(said)?.[1];
        if (path !== undefined) resolve(path);
      };
      child.stdout.on("data", hear);
      child.stderr.on("data", hear);
      child.once("close", () => reject(new Error(`QEMU ended: ${said}`)));
    });
  }

  /** Opens the port and lets the board run. */
  async open(baudRate = 115_200): Promise<SerialLine> {
    await this.#line?.close();
    this.#line = await openSerialLine(this.port, baudRate);
    await this.resume();
    return this.#line;
  }

  /** Lets the board run, whoever opens its port. */
  resume(): Promise<void> {
    return this.#control("cont");
  }

  /** What QEMU's control socket is told: `cont`, `system_reset`. */
  async #control(command: string): Promise<void> {
    const socket = connect(this.#file("qmp"));
    await new Promise<void>((resolve, reject) => {
      let said = "";
      socket.on("data", (bytes) => {
        said += bytes.toString();
        if (said.split('"return"').length > 2) resolve();
      });
      socket.once("error", reject);
      socket.write(`{"execute":"qmp_capabilities"}\n{"execute":"${command}"}\n`);
    });
    socket.destroy();
  }

  reset(): Promise<void> {
    return this.#control("system_reset");
  }

  disk(offset: number, length: number): Buffer {
    const bytes = Buffer.alloc(Math.min(length, this.#diskBytes - offset));
    const file = openSync(this.#file("disk"), "r");
    readSync(file, bytes, 0, bytes.length, offset);
    closeSync(file);
    return bytes;
  }

  async stop(): Promise<void> {
    await this.#line?.close();
    const child = this.#child;
    if (child?.exitCode === null && child.signalCode === null) {
      const ended = new Promise((resolve) => child.once("close", resolve));
      child.kill("SIGKILL");
      await ended;
    }
    rmSync(this.#folder, { recursive: true });
  }

  #file(name: string): string {
    return join(this.#folder, name);
  }
}
