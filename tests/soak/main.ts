/** A long life of a box and its ACS. `npm run soak -- --help`. */
import { parseArgs } from "node:util";
import { printTable } from "../bench/figures.ts";
import { soak } from "./soak.ts";

const help = `usage: npm run soak -- [--minutes N] [--json]

Telephones on a virtual box against a real registrar and ACS for a long time, restarts the ACS under it now and then, and says
what was lost and what grew.

  --minutes N  how long (default 60)
  --json       the result for machines
Exit code: 0 nothing was lost, 1 something was, 2 misused.`;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "60" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});
const minutes = Number(values.minutes);
if (values.help) console.log(help);
else if (!(minutes > 0 && minutes <= 10_080)) {
  console.error("--minutes is a number of minutes, at most 10080 (a week)");
  process.exitCode = 2;
} else {
  const { figures, problems } = await soak(minutes, (words) => {
    if (!values.json) console.log(words);
  });
  if (values.json) console.log(JSON.stringify({ figures, problems }, null, 2));
  else {
    printTable(figures);
    for (const problem of problems) console.error(problem);
  }
  process.exitCode = problems.length > 0 ? 1 : 0;
}
