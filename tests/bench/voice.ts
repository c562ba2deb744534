import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tied } from "@tonalite/scripts/tied";
import { benchBlockedCall } from "./blocked-call.ts";
import { residentMiB } from "./figures.ts";
import type { Figure } from "./figures.ts";

const native = join(import.meta.dirname, "../../agent/native");
const program = join(native, "build/bench/call");
const seconds = 20;

type Delay = { median: number; most: number };
/** What `agent/native/bench/call.c` prints. */
type EngineFigures = {
  idlePercent: number;
  callPercent: number;
  toWireMs: Delay;
  toPhoneMs: Delay;
  residentKiB: { bare: number; twoCalls: number };
  busy: { seconds: number; rxPackets: number; late: number; underruns: number };
};

/**
 * The voice engine carries a call, then baresip carries the same one to the same far end: CPU, delay, memory, underruns.
 * @param minutes how long a call is held beside a blocked event loop
 */
export async function benchVoice(minutes: number): Promise<Figure[]> {
  execFileSync("make", ["-s", "-C", native, "bench"], { stdio: "inherit" });
  const engine = JSON.parse(
    execFileSync(program, ["engine", String(seconds)], { encoding: "utf8" }),
  ) as EngineFigures;
  const baresip = await baresipCall();
  const { toWireMs, toPhoneMs, residentKiB, busy } = engine;
  return [
    { name: "a call, CPU of the engine's threads", value: engine.callPercent, unit: "% core" },
    { name: "a call, CPU of baresip", value: baresip.callPercent, unit: "% core" },
    {
      name: "the engine against baresip",
      value: engine.callPercent / baresip.callPercent,
      unit: "×",
      aim: "≤ 1",
    },
    { name: "no call, CPU of the engine's threads", value: engine.idlePercent, unit: "% core" },
    {
      name: "telephone → wire, at most",
      value: toWireMs.most,
      unit: "ms",
      aim: "≤ 25",
      note: `median ${toWireMs.median.toFixed(1)}`,
    },
    {
      name: "wire → telephone, at most",
      value: toPhoneMs.most,
      unit: "ms",
      note: `median ${toPhoneMs.median.toFixed(1)}; jitter buffer 20 ms`,
    },
    {
      name: "memory of the engine with two calls",
      value: (residentKiB.twoCalls - residentKiB.bare) / 1024,
      unit: "MiB",
      note: `baresip with one: ${baresip.residentMiB.toFixed(1)}`,
    },
    {
      name: `underruns in ${busy.seconds} s, both cores busy`,
      value: busy.underruns,
      unit: "",
      aim: "0",
      note: `${busy.rxPackets} packets, ${busy.late} late`,
    },
    ...(await benchBlockedCall(program, minutes)),
  ];
}

/** CPU seconds of all threads of a process, to the nanosecond. */
function threadSeconds(pid: number): number {
  const tasks = readdirSync(`/proc/${pid}/task`);
  return (
    tasks.reduce(
      (sum, task) => sum + Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8").split(" ")[0]),
      0,
    ) / 1e9
  );
}

async function baresipCall(): Promise<{ callPercent: number; residentMiB: number }> {
  const far = spawn(...tied(program, ["far", String(seconds + 30)]), {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(far.stdout, "data")) as [Buffer];
  const { port } = JSON.parse(line.toString()) as { port: number };
  const folder = mkdtempSync(join(tmpdir(), "tonalite-bench-baresip-"));
  writeFileSync(
    join(folder, "config"),
    [
      "net_interface 127.0.0.1",
      "sip_listen 127.0.0.1:0",
      "module_path /usr/lib/baresip/modules",
      ...["g711.so", "aubridge.so"].map((name) => `module ${name}`),
      ...["account.so", "menu.so"].map((name) => `module_app ${name}`),
      "audio_source aubridge,one",
      "audio_player aubridge,one",
      "audio_alert aubridge,none",
      "",
    ].join("\n"),
  );
  writeFileSync(join(folder, "accounts"), "<sip:bench@127.0.0.1>;regint=0;audio_codecs=pcma/8000/1\n");
  writeFileSync(join(folder, "contacts"), "");
  const dial = `/dial sip:bench@127.0.0.1:${port}`;
  const baresip = spawn(...tied("baresip", ["-f", folder, "-4", "-e", dial]), {
    stdio: ["ignore", "pipe", "ignore"],
  });
  try {
    let said = "";
    baresip.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
    for (let tries = 0; !/Call established/i.test(said); tries += 1) {
      if (tries > 100) throw new Error(`baresip has no call:\n${said}`);
      await pause(100);
    }
    await pause(1000);
    const pid = baresip.pid ?? 0;
    const before = threadSeconds(pid);
    await pause(seconds * 1000);
    return { callPercent: (100 * (threadSeconds(pid) - before)) / seconds, residentMiB: residentMiB(pid) };
  } finally {
    baresip.kill("SIGKILL");
    far.kill();
    rmSync(folder, { recursive: true });
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
