/** The engine in a process whose event loop stands still: `node blocked-engine.ts PORT SECONDS`, for blocked-call.ts. */
import { join } from "node:path";
import { loadEngineLibrary, openEngine } from "@tonalite/agent/engine";

const [port = 0, seconds = 0] = process.argv.slice(2).map(Number);
const periodMs = 10_000;
const blockMs = 5000;
const library = await loadEngineLibrary(
  join(import.meta.dirname, "../../agent/native/build/libtonalite.so"),
  "koffi",
);
const engine = openEngine(
  library,
  {
    lines: 1,
    sipPort: 0,
    rtpPortMin: 0,
    rtpPortMax: 0,
    jitterMinMs: 0,
    jitterMaxMs: 0,
    dscpMedia: 0,
    dscpSignalling: 0,
    backend: "sim",
    localAddress: "127.0.0.1",
    userAgent: "Tonalite bench",
  },
  (problem) => {
    throw new Error(problem);
  },
);

type Event = Parameters<Parameters<typeof engine.onEvent>[0]>[0];
const told: Event[] = [];
engine.onEvent((event) => told.push(event));
async function until<T extends Event>(is: (event: Event) => event is T): Promise<T> {
  for (const end = performance.now() + 30_000; performance.now() < end;) {
    const found = told.find(is);
    if (found) return found;
    await pause(10);
  }
  throw new Error(`not told within 30 s: ${JSON.stringify(told.slice(-3))}`);
}
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

engine.account(0, {
  user: "bench",
  authUser: "",
  password: "unused",
  domain: "127.0.0.1",
  proxy: "",
  proxyPort: port,
  transport: "UDP",
  expiresSeconds: 3600,
  codecs: ["PCMA"],
  displayName: "",
});
await until((event): event is Event => event.event === "registration" && event.state === "registered");
engine.telephone.hook(0, true);
const call = engine.dial(0, "bench");
await until((event): event is Event => event.event === "call" && event.state === "established");
await pause(1000);
engine.telephone.forget(0);
engine.telephone.speak(0, 1004, 0, -160);
const silence = { segments: [{ frequencies: [], levels: [], durationMs: 0 }], repeat: 0, lead: null };
const begin = performance.now();
let blockedMs = 0;
while (performance.now() < begin + seconds * 1000) {
  // As the agent tells that it lives (agent/src/shell/telephony/sign-of-life.ts).
  engine.watch(10, silence);
  const stalled = performance.now();
  while (performance.now() < stalled + blockMs);
  blockedMs += performance.now() - stalled;
  await pause(periodMs - blockMs);
}
const { audio } = engine.telephone.heard(0);
const lasted = (performance.now() - begin) / 1000;
engine.hangUp(call, 0, "");
const ended = await until(
  (event): event is Extract<Event, { state: "ended"; event: "call" }> =>
    event.event === "call" && event.state === "ended",
);
engine.close();
const { txPackets, rxPackets, rxLost, late, underruns, delayMs } = ended;
const { longestGapMs } = audio;
process.stdout.write(
  `${JSON.stringify({ seconds: lasted, blockedMs, txPackets, rxPackets, rxLost, late, underruns, longestGapMs, delayMs })}\n`,
);
process.exit(0);
