import { parseArgs } from "node:util";
import { benchAgent } from "./agent.ts";
import { benchDelta } from "./delta.ts";
import { benchFlash } from "./flash.ts";
import { benchCwmp } from "./cwmp.ts";
import { benchFleet } from "./fleet.ts";
import { printTable } from "./figures.ts";
import type { Figure } from "./figures.ts";
import { benchInform } from "./inform.ts";
import { benchRestart } from "./restart.ts";
import { benchVoice } from "./voice.ts";

const benches: Record<string, { title: string; run: (minutes: number) => Promise<Figure[]> }> = {
  agent: { title: "the agent: start, memory, call set-up", run: benchAgent },
  cwmp: { title: "a box: what CWMP costs it", run: benchCwmp },
  acs: {
    title: "the ACS: one CWMP session, and a fleet in the clear and over TLS",
    run: async () => [...(await benchInform()), ...(await benchFleet())],
  },
  restart: { title: "a crash under a call: what the subscriber loses", run: benchRestart },
  voice: { title: "the voice engine: a call, beside baresip", run: benchVoice },
  flash: { title: "the flash tool on a paced line", run: benchFlash },
  delta: { title: "what travels of an update", run: benchDelta },
};

const help = `usage: npm run bench -- [--json] [--minutes N] [NAME …]

Measures on this machine and prints a table, or JSON for machines. Names (all by default):
${Object.entries(benches)
  .map(([name, { title }]) => `  ${name.padEnd(8)}${title}`)
  .join("\n")}

--minutes N   how long the voice bench holds a call beside a blocked event loop (default: 10)`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: "boolean", default: false },
    minutes: { type: "string", default: "10" },
    help: { type: "boolean", short: "h", default: false },
  },
});
const unknown = positionals.find((name) => !(name in benches));
if (values.help || unknown !== undefined) {
  if (unknown !== undefined) console.error(`there is no bench "${unknown}"\n`);
  console.log(help);
  process.exit(values.help ? 0 : 2);
}
const minutes = Number(values.minutes);
if (!(minutes > 0 && minutes <= 1440)) {
  console.error("--minutes is a number of minutes, at most 1440");
  process.exit(2);
}
const figures: Figure[] = [];
for (const [name, { title, run }] of Object.entries(benches)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  if (!values.json) console.log(`measures ${title} …`);
  figures.push(...(await run(minutes)));
}
if (values.json) console.log(JSON.stringify(figures, null, 2));
else printTable(figures);
