import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawn, spawnSync } from "node:child_process";
import { tied } from "@tonalite/scripts/tied";

const command = join(import.meta.dirname, "../../scripts/firmware/board-image/main.ts");

/** Runs the image tool to its end. @throws Error with its words */
export function imageTool(...args: (string | string[])[]): string {
  const ended = spawnSync(process.execPath, [command, ...args.flat()], {
    encoding: "utf8",
    maxBuffer: 16 << 20,
  });
  if (ended.status !== 0) throw new Error(`board-image ${args.flat()[0] ?? ""}: ${ended.stderr}`);
  return ended.stdout;
}

/** A box in QEMU, seen from its serial console. */
export type Box = {
  /** milliseconds since power came */
  age: () => number;
  /** all that the console said */
  text: () => string;
  /** Waits for a line; the search goes on after the last one found. @throws Error with the last lines when it does not come */
  line: (pattern: RegExp, patienceMs: number) => Promise<{ match: RegExpExecArray; atMs: number }>;
  /** Takes the power away. */
  stop: () => Promise<void>;
};

/** Powers a box up: `disk` is written to. It is ended after `limitMs` whatever happens. */
export function powerUp(
  image: string,
  disk: string,
  memoryMiB: number,
  limitMs = 300_000,
  control?: string,
): Box {
  const started = performance.now();
  const args = [command, "run", "--image", image, "--disk", disk, "--memory", String(memoryMiB)];
  if (control !== undefined) args.push("--control", control);
  // A group of its own: QEMU ends with the command that runs it.
  const child = spawn(...tied(process.execPath, args, "KILL"), {
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let text = "";
  let searched = 0;
  let ended = false;
  const listeners = new Set<() => void>();
  const hear = (chunk: Buffer): void => {
    text += chunk.toString("latin1");
    for (const listener of listeners) listener();
  };
  child.stdout.on("data", hear);
  child.stderr.on("data", hear);
  const gone = new Promise<void>((resolve) => {
    child.once("exit", () => {
      ended = true;
      resolve();
    });
  });
  const kill = (): void => {
    if (child.pid === undefined || ended) return;
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      // It ended between the look and the signal.
    }
  };
  process.once("exit", kill);
  const limit = setTimeout(kill, limitMs);
  const age = (): number => performance.now() - started;
  return {
    age,
    text: () => text,
    async line(pattern, patienceMs) {
      const end = age() + patienceMs;
      for (;;) {
        const match = pattern.exec(text.slice(searched));
        if (match) {
          searched += match.index + match[0].length;
          return { match, atMs: age() };
        }
        if (ended || age() > end)
          throw new Error(`the console never said ${String(pattern)}; its last words:\n${text.slice(-3000)}`);
        await Promise.race([gone, new Promise<void>((resolve) => waitOnce(listeners, resolve))]);
      }
    },
    async stop() {
      clearTimeout(limit);
      kill();
      await gone;
      process.removeListener("exit", kill);
    },
  };
}

function waitOnce(listeners: Set<() => void>, resolve: () => void): void {
  const done = (): void => {
    clearTimeout(timer);
    listeners.delete(done);
    resolve();
  };
  const timer = setTimeout(done, 500);
  listeners.add(done);
}

/** A folder that is gone when `use` is done. */
export async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "tonalite-firmware-test-"));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A file that only its owner reads. */
export function secretFile(path: string, content: string): string {
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}
