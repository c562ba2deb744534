import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startWorld } from "@tonalite/scripts/demo";
import type { World } from "@tonalite/scripts/demo";
import { childrenOf, median } from "./figures.ts";
import type { Figure } from "./figures.ts";

const runs = 5;
/** A box that lived so long before restarts at once (`agent/src/shell/boot/supervisor.ts`). */
const steadySeconds = 62;

/** The agent dies in the middle of a call: until the handset has a dial tone again, and the line its registrar. */
export async function benchRestart(): Promise<Figure[]> {
  const dir = mkdtempSync(join(tmpdir(), "tonalite-bench-restart-"));
  const world = await startWorld({ dir });
  try {
    const tone: number[] = [];
    const line: number[] = [];
    for (let run = 0; run < runs; run += 1) {
      await until(async () => (await registration(world)) === "Up");
      await pause(steadySeconds * 1000);
      const { phone } = world.ata;
      await phone("lift");
      await pause(500);
      await phone("dial", { keys: "9000" });
      await pause(2500);
      const [agent] = childrenOf(world.ata.child.process.pid ?? 0);
      if (agent === undefined) throw new Error("the board runs no agent");
      process.kill(agent, "SIGKILL");
      const died = performance.now();
      await until(async () => (await registration(world)) === "Up");
      line.push(performance.now() - died);
      await phone("forget");
      await phone("lift");
      await until(async () => {
        const heard = (await phone("heard"))["heard"] as { tone: { name: string | null } | null };
        return heard.tone?.name === "dial";
      });
      tone.push(performance.now() - died);
      await phone("hangup");
      // A third crash in five minutes would be safe mode: a start of the box begins the count anew.
      await world.ata.stop();
      world.restartAta();
    }
    const note = `median of ${runs}, killed under a call`;
    return [
      { name: "agent dies: line registered again", value: median(line), unit: "ms", note },
      {
        name: "agent dies: dial tone recognised by the ear",
        value: median(tone),
        unit: "ms",
        note: `${note}; the ear takes its time over a continuous tone`,
      },
    ];
  } finally {
    await world.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function registration(world: World): Promise<string | undefined> {
  return ((await world.ata.phone("status"))["status"] as { registration?: string }).registration;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 60_000;
  while (performance.now() < end) {
    // The telephone's socket goes with the agent and comes with the next.
    if (await condition().catch(() => false)) return;
    await pause(10);
  }
  throw new Error("not seen within 60 s");
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
