import { parseArgs } from "node:util";
import * as z from "zod";
import { languages } from "./messages.ts";
import { FlashError } from "./problem.ts";

export const usage = `Flashes a board over its serial console (U-Boot).

  npm run flash -- list [--json]
      serial ports, and what is attached to each
  npm run flash -- --port PORT --image FILE
      makes the board's disk equal to FILE (a disk image, packed with gzip or not) and reads it back;
      may be stopped and given again at any time: what is there already is not sent twice

  --baud N         speed of the console (115200)
  --hardware ID    refuse any board but this profile, such as qemu/virt-arm64
  --raw            FILE has no partition table
  --trust DIR      public keys of firmware signers
  --dry-run        compare only, write nothing
  --report FILE    keep the test report (JSON), also of a failure
  --lang en|fr     language (default: from the environment)
  --json           one JSON document a line: progress, then the report
  --help

Exit code: 0 done · 64 command line · 65 bad image · 66 image not readable · 69 board silent or not reachable
  70 board not suited · 74 line failed · 75 port missing or in use · 76 board faulty · 77 no permission
`;

const text = z.string().min(1);
const flags = z.object({
  port: text.optional(),
  image: text.optional(),
  baud: z.coerce.number({ error: "--baud must be a number" }).int().min(300).max(4_000_000).default(115_200),
  hardware: text.optional(),
  trust: text.optional(),
  report: text.optional(),
  lang: z.enum(languages, { error: "--lang is en or fr" }).optional(),
  raw: z.boolean().default(false),
  "dry-run": z.boolean().default(false),
  json: z.boolean().default(false),
  help: z.boolean().default(false),
});
export type Flags = z.infer<typeof flags>;

/** @throws FlashError `USAGE` */
export function parseCommandLine(args: string[]): { command: string | undefined; flags: Flags } {
  const strings = ["port", "image", "baud", "hardware", "trust", "report", "lang"];
  const switches = ["raw", "dry-run", "json", "help"];
  const options = Object.fromEntries([
    ...strings.map((name) => [name, { type: "string" }] as const),
    ...switches.map((name) => [name, { type: "boolean" }] as const),
  ]);
  let parsed: ReturnType<typeof parseArgs>;
  try {
    parsed = parseArgs({ args, options, allowPositionals: true, strict: true });
  } catch (cause) {
    throw new FlashError("USAGE", { reason: cause instanceof Error ? cause.message : "?" }, { cause });
  }
  const values = flags.safeParse(parsed.values);
  if (!values.success) throw new FlashError("USAGE", { reason: values.error.issues[0]?.message ?? "flags" });
  const [command, ...rest] = parsed.positionals;
  if (rest.length > 0 || (command !== undefined && command !== "list"))
    throw new FlashError("USAGE", { reason: `“${parsed.positionals.join(" ")}”?` });
  return { command, flags: values.data };
}
