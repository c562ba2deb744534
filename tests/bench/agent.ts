import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startWorld } from "@tonalite/scripts/demo";
import type { World } from "@tonalite/scripts/demo";
import { childrenOf, cpuSeconds, median, residentMiB } from "./figures.ts";
import type { Figure } from "./figures.ts";

const starts = 5;
const callSeconds = 10;

/** The agent's start, memory and the delay it adds to a call, beside a bare Node process in the same run. */
export async function benchAgent(): Promise<Figure[]> {
  const dir = mkdtempSync(join(tmpdir(), "tonalite-bench-agent-"));
  const world = await startWorld({ dir });
  try {
    await lineIs(world, "Up");
    const bare = await bareNode();
    const begun = await timeStarts(world);
    const idle = residentMiB(agentPid(world));
    const { resident, cpu } = await duringCall(world);
    const delays = await callDelays(world);
    return [
      {
        name: "agent: start to registered",
        value: median(begun),
        unit: "ms",
        note: `median of ${starts}, board included`,
      },
      { name: "bare Node: start to first line of code", value: bare.startMs, unit: "ms", note: "same run" },
      { name: "bare Node: memory", value: bare.resident, unit: "MiB" },
      {
        name: "agent: memory, idle",
        value: idle,
        unit: "MiB",
        note: `${(idle / bare.resident).toFixed(2)} × bare Node`,
      },
      { name: "agent: memory, a call up", value: resident, unit: "MiB" },
      {
        name: "agent: memory, a call up / bare Node",
        value: resident / bare.resident,
        unit: "×",
        aim: "at most 1.35 ×",
      },
      { name: "agent: CPU of one call", value: cpu, unit: "% core", note: `G.711, ${callSeconds} s` },
      {
        name: "agent: last digit to INVITE",
        value: median(delays),
        unit: "ms",
        aim: "at most 5 ms",
        note: `median of ${delays.length}`,
      },
    ];
  } finally {
    await world.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function bareNode(): Promise<{ resident: number; startMs: number }> {
  const started = performance.now();
  const child = spawn(process.execPath, ["-e", "console.log('up'); setInterval(() => {}, 1e6)"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await new Promise((resolve) => child.stdout.once("data", resolve));
  const startMs = performance.now() - started;
  await pause(2000);
  const resident = residentMiB(child.pid ?? 0);
  child.kill();
  return { resident, startMs };
}

async function timeStarts(world: World): Promise<number[]> {
  const times: number[] = [];
  for (let run = 0; run < starts; run++) {
    await world.ata.stop();
    const began = performance.now();
    world.restartAta();
    await lineIs(world, "Up", 5);
    times.push(performance.now() - began);
  }
  // The provisioning session and the garbage of the start are over before memory is looked at.
  await pause(5000);
  return times;
}

async function duringCall(world: World): Promise<{ resident: number; cpu: number }> {
  const { phone } = world.ata;
  await phone("lift");
  await pause(500);
  await phone("dial", { keys: "9000" });
  await pause(2500);
  await phone("speak", { frequency: 700, ms: callSeconds * 1000 });
  const pid = agentPid(world);
  const before = cpuSeconds(pid);
  await pause(callSeconds * 1000);
  const figures = { resident: residentMiB(pid), cpu: ((cpuSeconds(pid) - before) / callSeconds) * 100 };
  await phone("hangup");
  await pause(1000);
  return figures;
}

/** From the last digit as the engine detected it to the INVITE leaving, on the engine's own clock (status.lastDialDelayMs). */
async function callDelays(world: World): Promise<number[]> {
  const { phone } = world.ata;
  const delays: number[] = [];
  for (let run = 0; run < 10; run++) {
    await phone("lift");
    await pause(500);
    await phone("dial", { keys: "9001" });
    await pause(2000);
    const status = (await phone("status"))["status"] as { lastDialDelayMs?: number | null };
    if (typeof status.lastDialDelayMs === "number") delays.push(status.lastDialDelayMs);
    await phone("hangup");
    await pause(700);
  }
  if (delays.length === 0) throw new Error("the box measured no dial delay");
  return delays;
}

function agentPid(world: World): number {
  const [agent] = childrenOf(world.ata.child.process.pid ?? 0);
  if (agent === undefined) throw new Error("the board runs no agent");
  return agent;
}

async function lineIs(world: World, wanted: string, everyMs = 50): Promise<void> {
  const end = performance.now() + 60_000;
  while (performance.now() < end) {
    try {
      const status = (await world.ata.phone("status"))["status"] as { registration?: string };
      if (status.registration === wanted) return;
    } catch {
      // The telephone's socket comes with the agent.
    }
    await pause(everyMs);
  }
  throw new Error(`the line was not ${wanted} within 60 s:\n${world.ata.child.output()}`);
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
