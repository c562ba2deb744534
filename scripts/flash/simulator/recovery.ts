import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const sources = join(import.meta.dirname, "../../firmware/board-image/recovery");
// Three zeros and a speed: board-image/recovery/bench.c.
const speedMark = Buffer.alloc(3);
const markBytes = 7;

/**
 * Compiles the program of the recovery image for this machine, under sanitizers.
 * @returns its path
 */
export function buildRecoveryProgram(folder: string): string {
  const { status, stderr } = spawnSync("make", ["-s", "-C", sources, `BUILD=${folder}`, "bench"], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`the recovery program cannot be compiled: ${stderr}`);
  return join(folder, "bench");
}

/** How the program speaks to the board around it. */
export type RecoveryPort = {
  send: (bytes: Uint8Array) => void;
  speed: (baudRate: number) => void;
  /** The program has ended: the board starts anew. `disk` is as it left it. */
  ended: (disk: Buffer) => void;
};

/** The board's program of the recovery image, the real one, on a simulated board. */
export class RecoveryProgram {
  readonly #folder = mkdtempSync(join(tmpdir(), "recovery-"));
  readonly #child: ChildProcessWithoutNullStreams;
  #off = false;

  constructor(program: string, profile: string, disk: Buffer, baudRate: number, port: RecoveryPort) {
    const file = join(this.#folder, "disk");
    writeFileSync(file, disk);
    this.#child = spawn(program, [profile, file, String(baudRate)]);
    this.#child.stdin.on("error", () => undefined);
    this.#child.stdout.on("data", (bytes: Buffer) => this.#hear(bytes, port));
    this.#child.stderr.pipe(process.stderr);
    this.#child.once("close", () => {
      const left = readFileSync(file);
      rmSync(this.#folder, { recursive: true });
      port.ended(left);
    });
  }

  take(bytes: Uint8Array): void {
    this.#child.stdin.write(bytes);
  }

  /** The power goes: what is on the disk stays. */
  cut(): void {
    this.#off = true;
    this.#child.kill("SIGKILL");
  }

  #hear(bytes: Buffer, port: RecoveryPort): void {
    if (this.#off) return;
    let from = 0;
    for (let at = bytes.indexOf(speedMark); at >= 0; at = bytes.indexOf(speedMark, from)) {
      // A frame's last zero may stand before it.
      while (bytes[at + 3] === 0 && bytes.length - at > markBytes) at += 1;
      port.send(bytes.subarray(from, at));
      port.speed(bytes.readUInt32LE(at + 3));
      from = at + markBytes;
    }
    port.send(bytes.subarray(from));
  }
}
