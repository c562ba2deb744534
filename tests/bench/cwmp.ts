import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CwmpMessage, ParameterValueStruct } from "@tonalite/agent/core/cwmp";
import { startChild } from "@tonalite/scripts/telephony";
import { ScriptedAcs } from "../simulators/scripted-acs.ts";
import { cpuSeconds, median, residentMiB } from "./figures.ts";
import type { Figure } from "./figures.ts";

const reads = 100;
const writes = 100;
const writtenAtOnce = 50;
const setting = "Device.ManagementServer.STUNServerPort";

/** What CWMP costs a box: the whole tree read, many parameters set, the size of an Inform. */
export async function benchCwmp(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), "tonalite-bench-cwmp-"));
  const acs = new ScriptedAcs();
  acs.namespace = "urn:dslforum-org:cwmp-1-2";
  acs.stay(true);
  const url = await acs.listen();
  const main = join(import.meta.dirname, "../../agent/src/shell/main.ts");
  const state = ["--state", join(folder, "box"), "--serial", "BENCH1", "--acs", url];
  const box = startChild(process.execPath, [main, ...state], "nodejs");
  const pid = box.process.pid ?? 0;
  try {
    const values = await wholeTree(acs);
    const inform = Buffer.byteLength(acs.raw[0] ?? "");
    const before = { resident: residentMiB(pid), cpu: cpuSeconds(pid) };
    writeFileSync(`/proc/${pid}/clear_refs`, "5"); // proc(5): the peak begins anew
    const read = await timed(reads, () => acs.order({ method: "GetParameterValues", names: ["Device."] }));
    const cpu = (cpuSeconds(pid) - before.cpu) / reads;
    const peak = peakMiB(pid);
    const chosen = await settable(acs, values);
    const write = await timed(writes, (round) => acs.order(change(chosen, round)));
    return [
      { name: "box: parameters of the whole tree", value: values.length, unit: "" },
      {
        name: "box: GetParameterValues of the whole tree",
        value: values.length / (median(read) / 1000),
        unit: "values/s",
        note: `${median(read).toFixed(1)} ms, of which ${(cpu * 1000).toFixed(1)} ms CPU of the box`,
      },
      {
        name: "box: memory while the tree is read again and again",
        value: peak - before.resident,
        unit: "MiB more",
        note: `peak ${peak.toFixed(1)} MiB, from the sources`,
      },
      {
        name: `box: SetParameterValues of ${chosen.length + 1}, durable`,
        value: median(write),
        unit: "ms",
        note: `median of ${writes}`,
      },
      { name: "box: size of its first Inform", value: inform, unit: "bytes" },
    ];
  } finally {
    acs.stay(false);
    await box.stop();
    await acs.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function wholeTree(acs: ScriptedAcs): Promise<ParameterValueStruct[]> {
  const answer = await acs.order({ method: "GetParameterValues", names: ["Device."] });
  if (answer.method !== "GetParameterValuesResponse") throw new Error(`the box answered ${answer.method}`);
  return answer.parameters;
}

/** Settings that take the value they have, without an effect on anything but the store. */
async function settable(
  acs: ScriptedAcs,
  values: readonly ParameterValueStruct[],
): Promise<ParameterValueStruct[]> {
  const names = await acs.order({ method: "GetParameterNames", path: "Device.", nextLevel: false });
  if (names.method !== "GetParameterNamesResponse") throw new Error(`the box answered ${names.method}`);
  const writable = new Set(names.parameters.flatMap((name) => (name.writable ? [name.path] : [])));
  return values
    .filter(
      ({ path, type }) =>
        writable.has(path) && type !== "string" && /^Device\.(?:Services|ManagementServer|MQTT)\./.test(path),
    )
    .filter(({ path }) => path !== setting)

    .slice(0, writtenAtOnce - 1);
}

/** One of them changes each time: then the box writes its store. */
const change = (chosen: readonly ParameterValueStruct[], round: number): CwmpMessage => ({
  method: "SetParameterValues",
  parameterKey: String(round),
  parameters: [...chosen, { path: setting, value: String(1000 + round), type: "unsignedInt" }],
});

async function timed(rounds: number, work: (round: number) => Promise<CwmpMessage>): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const begun = performance.now();
    const answer = await work(round);
    times.push(performance.now() - begun);
    if (answer.method === "Fault") throw new Error(`the box refuses: ${JSON.stringify(answer)}`);
  }
  return times;
}

const peakMiB = (pid: number): number =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
