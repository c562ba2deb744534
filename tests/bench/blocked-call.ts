import { spawn } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { tied } from "@tonalite/scripts/tied";
import * as z from "zod";
import type { Figure } from "./figures.ts";

const count = z.number().int();
/** What `blocked-engine.ts` prints. */
const held = z.object({
  seconds: z.number(),
  blockedMs: z.number(),
  txPackets: count,
  rxPackets: count,
  rxLost: count,
  late: count,
  underruns: count,
  longestGapMs: count,
  delayMs: count,
});

/**
 * One call in a Node process as the agent is one, whose event loop stands still for five seconds of every ten, while a
 * busy program runs for each core: what the telephone misses of it.
 * @param program build/bench/call, the far end
 */
export async function benchBlockedCall(program: string, minutes: number): Promise<Figure[]> {
  const seconds = Math.round(minutes * 60);
  const far = spawn(...tied(program, ["far", String(seconds + 30)]), {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const busy = Array.from({ length: availableParallelism() }, () =>
    spawn(...tied("sh", ["-c", "while :; do :; done"]), { stdio: "ignore" }),
  );
  try {
    const [line] = (await once(far.stdout, "data")) as [Buffer];
    const { port } = JSON.parse(line.toString()) as { port: number };
    const engine = spawn(
      process.execPath,
      [join(import.meta.dirname, "blocked-engine.ts"), String(port), String(seconds)],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    let said = "";
    engine.stdout.on("data", (bytes: Buffer) => (said += bytes.toString()));
    const [code] = (await once(engine, "close")) as [number | null];
    if (code !== 0) throw new Error(`the engine beside a blocked event loop ended with code ${code}`);
    const found = held.parse(JSON.parse(said));
    const about = `${minutes} min, event loop blocked 5 s of 10, ${busy.length} busy programs`;
    return [
      {
        name: `underruns, ${about}`,
        value: found.underruns,
        unit: "",
        aim: "0",
        note: `${found.rxPackets} packets, ${found.rxLost} lost, ${found.late} late, loop blocked ${Math.round(found.blockedMs / 1000)} s`,
      },
      {
        name: "longest gap at the ear meanwhile",
        value: found.longestGapMs,
        unit: "ms",
        note: `${found.txPackets} packets sent; mouth to ear ${found.delayMs} ms by its own reckoning`,
      },
    ];
  } finally {
    for (const child of [...busy, far]) child.kill("SIGKILL");
  }
}
