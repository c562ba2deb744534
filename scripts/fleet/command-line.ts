import { parseArgs } from "node:util";
import * as z from "zod";

export const usage = `usage: npm run fleet -- --acs URL --devices N [options]

Simulates a fleet of boxes against an ACS: each has the agent's own data model and its own management over CWMP and USP, but no
telephone line and no disk. Counts go to the screen until Ctrl-C, then a summary.

  --acs URL            where boxes call (CWMP), such as http://127.0.0.1:7547/
  --devices N          how many, at most 20000 (about 0.2 MB of memory each)
  --usp URL            they also join the broker there (mqtt:// or mqtts://host:port) with the account that the ACS gives them
  --ca FILE            an authority to believe for https and mqtts, beside the system's (PEM)
 who they are
  --api URL --token-file F
                       registers them over the ACS's API first (an administrator's token), each with a line; without it the
                       ACS must run with --open-enrolment
  --profile ID         their hardware (virtual/sim)
  --provider P --region R   with --api (ippi, fr)
  --prefix TEXT        how their serial numbers begin (FLEET)
 what they do
  --rate N             switched on a second (50)
  --period SECONDS     between their periodic sessions, until the ACS sets it (60)
  --boot SECONDS       from power to the first session (1)
  --churn PERCENT      of them lose power and come back each minute (0)
  --storm SECONDS      after so long all lose power and come back at the same moment
  --fail-updates PERCENT   of firmware downloads fail (0)
  --whole-images       updates fetch their image whole, not its header only
 when it ends
  --for SECONDS        by itself; otherwise at Ctrl-C
  --json               the summary as one JSON document, and nothing else on standard output

Exit code: 0 no session failed · 1 some did · 64 command line · 69 the ACS's API cannot be used
`;

const number = (name: string, least: number, most: number) =>
  z.coerce
    .number({ error: `${name} must be a number` })
    .min(least, `${name} must be at least ${least}`)
    .max(most, `${name} must be at most ${most}`);
const url = (name: string, protocol: RegExp, example: string) =>
  z.url({ protocol, error: `${name} must be a URL such as ${example}` });

const flags = z.object({
  acs: url("--acs", /^https?$/, "http://127.0.0.1:7547/"),
  devices: number("--devices", 1, 20_000).int("--devices must be a whole number"),
  usp: url("--usp", /^mqtts?$/, "mqtt://127.0.0.1:1883").optional(),
  ca: z.string().min(1).optional(),
  api: url("--api", /^https?$/, "http://127.0.0.1:8080").optional(),
  "token-file": z.string().min(1).optional(),
  profile: z.string().default("virtual/sim"),
  provider: z.string().default("ippi"),
  region: z.string().default("fr"),
  prefix: z
    .string()
    .regex(/^[A-Za-z0-9]{1,32}$/, "--prefix must be 1 to 32 letters and digits")
    .default("FLEET"),
  rate: number("--rate", 0.1, 10_000).default(50),
  period: number("--period", 1, 86_400).int("--period must be a whole number").default(60),
  boot: number("--boot", 0, 3600).default(1),
  churn: number("--churn", 0, 100).default(0),
  storm: number("--storm", 1, 86_400).optional(),
  "fail-updates": number("--fail-updates", 0, 100).default(0),
  "whole-images": z.boolean().default(false),
  for: number("--for", 1, 7 * 86_400).optional(),
  json: z.boolean().default(false),
});
export type FleetOrder = z.infer<typeof flags>;

const switches = new Set(["whole-images", "json"]);

/** A command line that cannot be used; the message says why. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** "help" when that is what was asked for. @throws UsageError */
export function parseCommandLine(args: readonly string[]): FleetOrder | "help" {
  const options = Object.fromEntries(
    Object.keys(flags.shape).map((name) => [
      name,
      { type: switches.has(name) ? ("boolean" as const) : ("string" as const) },
    ]),
  );
  let values: Record<string, unknown>;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: { ...options, help: { type: "boolean", short: "h" } },
    }));
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : "flags", { cause });
  }
  const { help, ...given } = values;
  if (help === true) return "help";
  for (const needed of ["acs", "devices"])
    if (given[needed] === undefined) throw new UsageError(`--${needed} is needed`);
  if ((given["api"] === undefined) !== (given["token-file"] === undefined))
    throw new UsageError("--api and --token-file go together");
  const order = flags.safeParse(given);
  if (!order.success) throw new UsageError(order.error.issues[0]?.message ?? "flags");
  return order.data;
}
