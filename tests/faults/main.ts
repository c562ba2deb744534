import { parseArgs } from "node:util";
import { cwmpFaults } from "./cwmp.ts";
import { updateFaults } from "./update.ts";

const help = `usage: npm run faults -- NAME [--cuts N] [--seed S] [--json]

Breaks things on purpose, again and again, and says what did not survive. Names:
  cwmp    a CWMP session whose wire is cut, at every byte and in both directions
  update  power cuts during firmware updates of a simulated box, at every durable write and at random bytes
Options:
  --cuts N  at least so many cuts (default 10000)
  --seed S  the seed to begin with (default 0); a failure names the seed that repeats it
  --json    the result for machines
Exit code: 0 nothing failed, 1 something did, 2 misused.`;

const faults = { cwmp: cwmpFaults, update: updateFaults };
const isName = (name: string): name is keyof typeof faults => Object.hasOwn(faults, name);
const wholeNumber = /^\d{1,9}$/;

function read():
  | { name: keyof typeof faults; cuts: number; seed: number; json: boolean }
  | "help"
  | undefined {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        cuts: { type: "string", default: "10000" },
        seed: { type: "string", default: "0" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    if (values.help) return "help";
    const [name, ...more] = positionals;
    const numbers = [values.cuts, values.seed];
    if (
      name === undefined ||
      !isName(name) ||
      more.length > 0 ||
      !numbers.every((text) => wholeNumber.test(text))
    )
      return undefined;
    return { name, cuts: Number(values.cuts), seed: Number(values.seed), json: values.json };
  } catch {
    return undefined;
  }
}

const asked = read();
if (asked === "help") console.log(help);
else if (asked === undefined) {
  console.error(help);
  process.exitCode = 2;
} else process.exitCode = (await faults[asked.name](asked)) ? 0 : 1;
