import type { SerialLine } from "../line/line.ts";
import { FlashError } from "../problem.ts";
import { execute, ramBase, type Machine } from "./commands.ts";
import { randomBytes } from "./noise.ts";
import { Receiver } from "./receiver.ts";
import { RecoveryProgram } from "./recovery.ts";

const prompt = "=> ";
const banner = "\n\nU-Boot 2023.01 simulated\n\nDRAM:  64 MiB\nNet:   No ethernet found.\n";

export type SimulatedBoardOptions = {
  diskBytes: number;
  /** speed of its console */
  baudRate: number;
  /** whether what comes at another speed is nothing to it, or garbage that it echoes */
  deaf: boolean;
  /** the highest speed its line holds */
  fastest: number;
  /** `loops` restarts before its console opens; `silent` says nothing; `linux` is a running system */
  temper: "well" | "loops" | "silent" | "linux" | "production";
  /** what a board of temper `production` opens to */
  ticket: string;
  variables: Readonly<Record<string, string>>;
  /** what it starts when it is told to start a recovery image; without it the image is refused */
  recovery: string | undefined;
  /** what the wire does to bytes */
  toBoard: (bytes: Uint8Array) => Uint8Array;
  fromBoard: (bytes: Uint8Array) => Uint8Array;
};

const known = { board: "qemu-arm", arch: "arm", cpu: "armv8", loadaddr: "0x40200000" };

/** A board with U-Boot's console, in memory: quick, and as ill-tempered as a test wants. */
export class SimulatedBoard {
  readonly machine: Machine;
  readonly #options: SimulatedBoardOptions;
  #line: SimulatedLine | undefined;
  #receiver: Receiver | undefined;
  #recovery: RecoveryProgram | undefined;
  #typed = "";
  #up = false;
  #starts: NodeJS.Timeout | undefined;
  #baudRate: number;
  /** Ctrl-Cs of a production board so far; undefined once it is open */
  #offers = 0;
  #knocks: number | undefined;
  /** what is done after Enter at another speed */
  #switching: (() => void) | undefined;

  constructor(options: Partial<SimulatedBoardOptions> = {}) {
    const same = (bytes: Uint8Array) => bytes;
    this.#options = {
      diskBytes: 8 << 20,
      baudRate: 115_200,
      deaf: false,
      fastest: 4_000_000,
      temper: "well",
      ticket: "S7 none",
      variables: known,
      recovery: undefined,
      toBoard: same,
      fromBoard: same,
      ...options,
    };
    this.#baudRate = this.#options.baudRate;
    this.machine = {
      disk: Buffer.alloc(this.#options.diskBytes),
      ram: Buffer.alloc(64 << 20),
      variables: new Map(Object.entries(this.#options.variables)),
    };
  }

  /** Plugs a cable in; the one before is out. */
  open(baudRate = 115_200): SerialLine {
    this.#line = new SimulatedLine(baudRate, (bytes) => this.#hear(bytes));
    return this.#line;
  }

  /** Pulls the cable. */
  unplug(): void {
    this.#line?.lose();
    this.#line = undefined;
  }

  /** Switches off and on: RAM and half-done work are gone. */
  power(): void {
    // It begins again when its disk is known.
    if (this.#recovery) return this.#recovery.cut();
    clearTimeout(this.#starts);
    this.#receiver?.stop();
    this.#receiver = undefined;
    this.machine.ram.fill(0);
    this.#typed = "";
    this.#up = false;
    this.#switching = undefined;
    this.#baudRate = this.#options.baudRate;
    const { temper } = this.#options;
    if (temper === "silent") return;
    if (temper === "linux") return this.print("\ntonalite login: ");
    this.print(banner);
    if (temper === "production") {
      this.#knocks = 0;
      this.#up = true;
    } else if (temper === "loops") this.#starts = setTimeout(() => this.power(), 20);
    else {
      this.print("Hit any key to stop autoboot:  2 ");
      this.#up = true;
    }
    return undefined;
  }

  off(): void {
    clearTimeout(this.#starts);
    this.#recovery?.cut();
    this.#receiver?.stop();
  }

  /** Says something of its own accord. */
  print(text: string): void {
    this.#send(Buffer.from(text.replaceAll("\n", "\r\n"), "latin1"));
  }

  #send(bytes: Uint8Array): void {
    const wrong = this.#line && (this.#line.baudRate !== this.#baudRate || this.#tooFast);
    this.#line?.deliver(wrong ? garbage(bytes.length) : this.#options.fromBoard(bytes));
  }

  #hear(bytes: Uint8Array): void {
    if (this.#line?.baudRate !== this.#baudRate || this.#tooFast) {
      // The program of the recovery image echoes nothing.
      if (this.#recovery) return this.#recovery.take(garbage(bytes.length));
      return this.#options.deaf ? undefined : this.print("?".repeat(20));
    }
    if (!this.#up) return undefined;
    if (this.#switching) {
      if (bytes.includes(0x0d)) this.#switching();
      return undefined;
    }
    const heard = this.#options.toBoard(bytes);
    if (this.#recovery) return this.#recovery.take(heard);
    if (this.#knocks !== undefined) return this.#serve(heard);
    if (this.#receiver) this.#receiver.take(heard);
    else for (const byte of heard) this.#key(byte);
    return undefined;
  }

  // As the factory's environment does (board-image/files/environment.txt): three Ctrl-C, then a ticket or a new start.
  #serve(heard: Uint8Array): void {
    const knocks = this.#knocks ?? 0;
    const more = heard.filter((byte) => byte === 0x03).length;
    this.#knocks = knocks + more;
    if (knocks < 3) {
      if (this.#knocks < 3) return;
      this.#offers = 3;
      this.print("service: box TN1\n");
      return this.#offer();
    }
    this.#typed += Buffer.from(heard).toString("latin1");
    const isAborted = more > 0;
    if (!isAborted && !this.#typed.includes("S7")) return;
    const good = !isAborted && this.#typed.includes(this.#options.ticket);
    this.#typed = "";
    if (!good) return this.#offer();
    this.#knocks = undefined;
    this.print(`service: access granted\n${prompt}`);
  }

  #offer(): void {
    this.#offers -= 1;
    if (this.#offers >= 0)
      return this.print("service: send its ticket\n## Ready for S-Record download ...\n");
    this.#knocks = 0;
    return this.print("service: no ticket to trust\n");
  }

  get #tooFast(): boolean {
    return this.#baudRate > this.#options.fastest;
  }

  #key(byte: number): void {
    if (byte === 0x0d) {
      const line = this.#typed;
      this.#typed = "";
      this.print("\n");
      this.#runLine(
        line.split(";").map((part) => part.trim()),
        0,
      );
    } else if (byte === 0x03) {
      this.#typed = "";
      this.print(`<INTERRUPT>\n${prompt}`);
    } else if (byte === 0x18) this.#typed = "";
    else if (byte >= 0x20 && byte < 0x7f) {
      this.#typed += String.fromCharCode(byte);
      this.print(String.fromCharCode(byte));
    }
  }

  #runLine(parts: readonly string[], last: number): void {
    const [part, ...rest] = parts;
    if (part === undefined) return this.print(prompt);
    const words = part.split(/\s+/).filter((word) => word !== "");
    if (words[0] === "echo") {
      this.print(`${words.slice(1).join(" ").replaceAll("$?", String(last))}\n`);
      return this.#runLine(rest, 0);
    }
    if (words[0] === "setenv" && words[1] === "baudrate") {
      this.print(`## Switch baudrate to ${words[2]} bps and press ENTER ...\n`);
      this.#baudRate = Number(words[2]);
      this.#switching = () => {
        this.#switching = undefined;
        this.#runLine(rest, 0);
      };
      return undefined;
    }
    if (words[0] === "bootm" && this.#options.recovery !== undefined)
      return this.#startRecovery(this.#options.recovery);
    if (words[0] === "loady") return this.#load(words[1] ?? "", rest);
    const { code, text = "" } = execute(this.machine, words);
    this.print(text);
    return this.#runLine(rest, code);
  }

  #startRecovery(program: string): void {
    this.print("## Loading kernel from FIT Image\n\nStarting kernel ...\n\n");
    const { disk, variables } = this.machine;
    const [, baud] = /baud=(\d+)/.exec(variables.get("bootargs") ?? "") ?? [];
    this.#recovery = new RecoveryProgram(program, "qemu/virt-arm64", disk, Number(baud), {
      send: (bytes) => this.#send(bytes),
      speed: (baudRate) => {
        this.#baudRate = baudRate;
      },
      ended: (left) => {
        left.copy(disk);
        this.#recovery = undefined;
        this.power();
      },
    });
  }

  #load(address: string, rest: readonly string[]): void {
    this.print(`## Ready for binary (ymodem) download to ${address} at 115200 bps...\n`);
    this.#receiver = new Receiver(
      (...bytes) => this.#send(Uint8Array.from(bytes)),
      (file) => {
        this.#receiver = undefined;
        this.machine.ram.set(file ?? [], Number(address) - ramBase);
        this.print(`## Total Size      = 0x0 = ${file?.length ?? 0} Bytes\n`);
        this.#runLine(rest, file ? 0 : 1);
      },
    );
  }
}

// What comes out at another speed.
const garbage = (length: number): Uint8Array => randomBytes(length, length).map((byte) => byte | 0x80);

class SimulatedLine implements SerialLine {
  readonly name = "simulated";
  baudRate: number;
  readonly #out: (bytes: Uint8Array) => void;
  #received: (bytes: Uint8Array) => void = () => undefined;
  #gone: () => void = () => undefined;
  #open = true;

  constructor(baudRate: number, out: (bytes: Uint8Array) => void) {
    this.baudRate = baudRate;
    this.#out = out;
  }

  deliver(bytes: Uint8Array): void {
    setImmediate(() => {
      if (this.#open && bytes.length > 0) this.#received(bytes);
    });
  }

  lose(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#gone();
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (!this.#open) throw new FlashError("LINE_LOST", { port: this.name });
    setImmediate(() => this.#open && this.#out(bytes));
    return Promise.resolve();
  }

  setBaudRate(baudRate: number): Promise<void> {
    this.baudRate = baudRate;
    return Promise.resolve();
  }

  listen(received: (bytes: Uint8Array) => void, lost: () => void): void {
    this.#received = received;
    this.#gone = lost;
  }

  close(): Promise<void> {
    this.#open = false;
    return Promise.resolve();
  }
}
