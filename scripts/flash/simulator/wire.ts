import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { tied } from "../../tied.ts";

/** A cable to a board's port that has a speed of its own: opened at any other, both ends get garbage. */
export type Wire = { port: string; unplug(): Promise<void> };

/**
 * Lays a cable, as slow as a real one of that speed, to a port that knows no speeds.
 * @param baudRate one of termios(3)
 */
export async function layWire(port: string, baudRate: number): Promise<Wire> {
  const script = join(import.meta.dirname, "wire.py");
  const child = spawn(...tied("python3", [script, port, String(baudRate)]), {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const [path] = (await once(child.stdout, "data")) as [Buffer];
  return {
    port: path.toString().trim(),
    async unplug() {
      if (child.exitCode !== null) return;
      const ended = once(child, "close");
      child.stdin.end();
      await ended;
    },
  };
}
