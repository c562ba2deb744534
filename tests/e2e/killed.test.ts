import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tied } from "@tonalite/scripts/tied";
import { descendantsOf } from "../bench/figures.ts";

const start = join(import.meta.dirname, "../../scripts/demo/start.ts");
const lives = (pid: number): boolean => existsSync(`/proc/${pid}`);

describe("npm start", () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), "tonalite-killed-"));
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  /** Everything that runs, from the command itself to the store's workers. */
  async function started(): Promise<{ pid: number; all: number[] }> {
    const child = spawn(...tied(process.execPath, [start, "--dir", dir, "--no-prompt"]), {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => void (said += chunk.toString()));
    const pid = child.pid ?? 0;
    await expect.poll(() => said, { timeout: 90_000 }).toContain("Tonalité runs.");
    return { pid, all: [pid, ...descendantsOf(pid)] };
  }

  // With the second start this also says that nothing of the first one stands in its way.
  it.each(["SIGKILL", "SIGTERM"] as const)("leaves nothing at work when it gets %s", async (signal) => {
    const { pid, all } = await started();
    // ACS, PostgreSQL, Mosquitto, registrar, far end, board, agent: without them there is nothing to leave.
    expect(all.length).toBeGreaterThan(7);
    process.kill(pid, signal);
    await expect.poll(() => all.filter(lives), { timeout: 60_000 }).toEqual([]);
  });
});
