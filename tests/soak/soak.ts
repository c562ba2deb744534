import { readdirSync } from "node:fs";
import type { Call, Page } from "@tonalite/acs/api";
import { descendantsOf, median, residentMiB, type Figure } from "../bench/figures.ts";
import { dial, eventually, hangUp, openStage, registered, type Stage } from "../e2e/stage.ts";

/** What a process holds at one moment. */
type Sample = { agentMiB: number; agentFiles: number; acsMiB: number };

export type Soak = { figures: Figure[]; problems: string[] };

/** Calls of a round, each with the cause that its record must have. */
const round = [
  { name: "call that the far end ends", number: "9003", cause: "normal" },
  { name: "call to a busy number", number: "9001", cause: "busy" },
  { name: "call that is refused", number: "9009", cause: "rejected" },
] as const;
const restartEvery = 10;

/**
 * Telephones, restarts the ACS under the box now and then, and counts: every call has one record with the right outcome,
 * the line is there again each time, and nothing that the processes hold grows from the first quarter to the last.
 */
export async function soak(minutes: number, say: (words: string) => void): Promise<Soak> {
  const stage = await openStage();
  const samples: Sample[] = [];
  const problems: string[] = [];
  let rounds = 0;
  let restarts = 0;
  const expected: string[] = [];
  const until = performance.now() + minutes * 60_000;
  try {
    await registered(stage);
    while (performance.now() < until && problems.length === 0) {
      rounds += 1;
      for (const { cause, name, number } of round) {
        await callOnce(stage, number).catch((error: unknown) =>
          problems.push(`round ${rounds}, ${name}: ${String(error)}`),
        );
        expected.push(cause);
      }
      if (rounds % restartEvery === 0) {
        await stage.acs.stop();
        await stage.restartAcs();
        restarts += 1;
        await registered(stage);
      }
      samples.push(sampleOf(stage));
      say(
        `round ${rounds}: ${expected.length} calls, ${restarts} restarts of the ACS, ${problems.length} problems`,
      );
    }
    problems.push(...(await judgeRecords(stage, expected)));
  } finally {
    await stage.close();
  }
  const growth = growthOf(samples);
  if (growth.agentFiles > 2) problems.push(`the agent holds ${growth.agentFiles} files more than at first`);
  const figure = (name: string, value: number, unit: string): Figure => ({
    name: `soak: ${name}`,
    value,
    unit,
  });
  return {
    problems,
    figures: [
      figure("rounds of three calls", rounds, ""),
      figure("restarts of the ACS", restarts, ""),
      figure("agent's memory, last quarter beside the first", growth.agentMemory, "×"),
      figure("ACS's memory, last quarter beside the first", growth.acsMemory, "×"),
      figure("agent's open files, more than at first", growth.agentFiles, ""),
    ],
  };
}

async function callOnce(stage: Stage, number: string): Promise<void> {
  await dial(stage, number);
  await eventually("the call to begin", async () => ((await status(stage)) === "Idle" ? undefined : true));
  await eventually("the far end to end it", async () => {
    const heard = await stage.heard();
    return ["busy", "congestion", "refused"].includes(heard.tone?.name ?? "") ? true : undefined;
  });
  await hangUp(stage);
}

const status = async (stage: Stage): Promise<string | null | undefined> =>
  (await stage.device()).lines[0]?.callStatus;

/** Every call has one record, in order. */
async function judgeRecords(stage: Stage, expected: readonly string[]): Promise<string[]> {
  const path = `/api/devices/${encodeURIComponent(stage.deviceId)}/calls`;
  const all = async (): Promise<Call[]> => {
    const calls: Call[] = [];
    for (let after = ""; ;) {
      const { items, next } = await stage.acs.api.get<Page<Call>>(`${path}?limit=200${after}`);
      calls.push(...items);
      if (next === null) return calls;
      after = `&after=${next}`;
    }
  };
  const calls = await eventually(
    "all records",
    async () => {
      const found = await all();
      return found.length >= expected.length ? found : undefined;
    },
    60,
  ).catch(all);
  const causes = calls.toReversed().map(({ cause }) => cause);
  return JSON.stringify(causes) === JSON.stringify(expected)
    ? []
    : [`${expected.length} calls were made; the ACS has ${calls.length} records: ${causes.join(", ")}`];
}

function sampleOf(stage: Stage): Sample {
  const acs = stage.acs.child.process.pid ?? 0;
  const [agent = 0] = descendantsOf(stage.ata.child.process.pid ?? 0);
  return {
    agentMiB: residentMiB(agent),
    agentFiles: readdirSync(`/proc/${agent}/fd`).length,
    acsMiB: residentMiB(acs),
  };
}

function growthOf(samples: readonly Sample[]) {
  const quarter = Math.max(1, Math.floor(samples.length / 4));
  const [first, last] = [samples.slice(0, quarter), samples.slice(-quarter)];
  const of = (part: readonly Sample[], name: keyof Sample): number =>
    median(part.map((sample) => sample[name]));
  return {
    agentMemory: of(last, "agentMiB") / of(first, "agentMiB"),
    acsMemory: of(last, "acsMiB") / of(first, "acsMiB"),
    agentFiles: of(last, "agentFiles") - of(first, "agentFiles"),
  };
}
