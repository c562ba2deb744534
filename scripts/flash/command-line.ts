import { parseArgs } from "node:util";
import * as z from "zod";
import { languages } from "./messages.ts";
import { FlashError } from "./problem.ts";
import { toolName } from "./tool.ts";

export const usage = `Flashes a board through its serial console (U-Boot), and makes it a box with an identity and a label.

  ${toolName} list [--json]
      serial ports, and what is attached to each
  ${toolName} --port PORT --image FILE
      makes the board's disk equal to FILE (a signed disk, see npm run firmware -- disk) and reads it back; the board keeps
      the identity it has; may be stopped and given again at any time: what is there already is not sent twice.
      Several ports, several boards at once: --port A --port B
  ${toolName} authority --out DIR --name NAME
      makes the factory's authority, which signs the certificates of boxes; keep its ca.key

  ${toolName} --port PORT --backup FILE [--image FILE …]
      copies the board's whole disk into FILE before anything is written. U-Boot sends nothing over Ethernet, so all goes over
      the console, as text; what is blank, or as in --image, does not. May be stopped and given again: FILE.part goes on
  ${toolName} --port PORT --restore FILE
      makes a box what it was, with its identity; another box is refused, but for --allow REASON

 how the bytes travel
  --way W              auto, network, recovery or serial (auto: whichever is fastest and there)
  --recovery FILE      an image of the board's (npm run board-image -- recovery) that is started on it to take the bulk
  --recovery-baud N    highest speed that is tried with it (3000000)
  --board-address IP   the board's address where there is no DHCP
  --baud N             speed of the console (without it: 115200, and where that is not it the usual others)
  --fast-baud N        speed it is raised to for the bulk, 0 for not (921600)
 which box it becomes
  --serial S           its serial number           --mac M        its Ethernet address
  --acs URL            where it finds its ACS       --owner TEXT   whose it is, for the label
  --acs-user U --acs-password-file F                its account there
  --trust DIR          public keys of firmware signers and the release root: for the box, and to judge FILE
  --authority DIR      the factory's authority: the box gets a key and a certificate
  --label DIR          writes SERIAL.pdf and SERIAL.png, the identification label, here
 with an ACS as the factory's register
  --station URL --station-token-file F --provider P --region R
      claims the serial number, the account and the claim code there, starts the box, waits for its first Inform and
      reports the test: the box is then ready for an order
  --wait SECONDS       how long for that Inform (300; 0: the box is not started)
 else
  --hardware ID        refuse any board but this profile, such as qemu/virt-arm64
  --keep-identity DIR  keep the identity that the board had in a file, before anything is written
  --ticket FILE        what opens a customer's box (npm run board-image -- ticket)
  --allow REASON       take an unsigned disk, or one below the board's security floor; the report says why
  --yes                do not ask before a backup that takes long
  --raw                FILE has no partition table
  --dry-run            compare only, write nothing
  --report FILE        keep the test report (JSON), also of a failure; with several boards PORT's name is put before its end
  --lang en|fr         language (default: from the environment)
  --json               one JSON document a line: progress, then the report
  --help

Exit code: 0 done · 64 command line · 65 bad image · 66 image not readable · 69 board silent or not reachable
  70 board not suited · 73 backup not written · 74 line failed · 75 port missing or in use · 76 board faulty · 77 no permission · 78 the ACS refused
`;

const text = z.string().min(1);
const url = (name: string) =>
  z.url({ protocol: /^https?$/, error: `${name} must be a URL that starts with http:// or https://` });
const flags = z.object({
  port: z.array(text).default([]),
  image: text.optional(),
  baud: z.coerce.number({ error: "--baud must be a number" }).int().min(300).max(4_000_000).optional(),
  "fast-baud": z.coerce
    .number({ error: "--fast-baud must be a number" })
    .int()
    .min(0)
    .max(4_000_000)
    .default(921_600),
  way: z
    .enum(["auto", "network", "recovery", "serial"], { error: "--way is auto, network, recovery or serial" })
    .default("auto"),
  recovery: text.optional(),
  "recovery-baud": z.coerce
    .number({ error: "--recovery-baud must be a number" })
    .int()
    .min(0)
    .max(4_000_000)
    .default(3_000_000),
  "board-address": z.ipv4({ error: "--board-address is an IPv4 address" }).optional(),
  hardware: text.optional(),
  trust: text.optional(),
  serial: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/, "--serial must be 1 to 64 letters, digits, dots, dashes")
    .optional(),
  mac: z
    .string()
    .regex(
      /^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$/i,
      "--mac is six octets such as 02:54:4e:00:00:01, no group address",
    )
    .optional(),
  acs: url("--acs").optional(),
  "acs-user": text.optional(),
  "acs-password-file": text.optional(),
  owner: text.max(200).optional(),
  allow: z.string().trim().min(5, "--allow wants a reason in words").max(200).optional(),
  authority: text.optional(),
  ticket: text.optional(),
  label: text.optional(),
  station: url("--station").optional(),
  "station-token-file": text.optional(),
  provider: text.optional(),
  region: text.optional(),
  wait: z.coerce.number({ error: "--wait must be a number of seconds" }).min(0).max(3600).default(300),
  backup: text.optional(),
  restore: text.optional(),
  "keep-identity": text.optional(),
  report: text.optional(),
  out: text.optional(),
  name: text.optional(),
  lang: z.enum(languages, { error: "--lang is en or fr" }).optional(),
  raw: z.boolean().default(false),
  "dry-run": z.boolean().default(false),
  yes: z.boolean().default(false),
  json: z.boolean().default(false),
  help: z.boolean().default(false),
});
export type Flags = z.infer<typeof flags>;

const switches = new Set(["raw", "dry-run", "yes", "json", "help"]);
const commands = new Set([undefined, "list", "authority"]);

// What is of no use alone, and what it needs.
const companions: [keyof Flags, keyof Flags][] = [
  ["station", "station-token-file"],
  ["station", "provider"],
  ["station", "region"],
  ["station-token-file", "station"],
  ["provider", "station"],
  ["region", "station"],
  ["acs-user", "acs-password-file"],
  ["acs-password-file", "acs-user"],
];

// What a box becomes comes from one place.
const rivals: [keyof Flags, keyof Flags][] = [
  ["restore", "image"],
  ["restore", "backup"],
  ["restore", "serial"],
  ["restore", "station"],
];

/** @throws FlashError `USAGE` */
export function parseCommandLine(args: string[]): { command: string | undefined; flags: Flags } {
  const options = Object.fromEntries(
    Object.keys(flags.shape).map((name) => [
      name,
      { type: switches.has(name) ? "boolean" : "string", multiple: name === "port" } as const,
    ]),
  );
  let parsed: ReturnType<typeof parseArgs>;
  try {
    parsed = parseArgs({ args, options, allowPositionals: true, strict: true });
  } catch (cause) {
    throw new FlashError("USAGE", { reason: cause instanceof Error ? cause.message : "?" }, { cause });
  }
  const values = flags.safeParse(parsed.values);
  if (!values.success) throw new FlashError("USAGE", { reason: values.error.issues[0]?.message ?? "flags" });
  const { data } = values;
  const rival = rivals.find(([one, other]) => data[one] !== undefined && data[other] !== undefined);
  if (rival) throw new FlashError("USAGE", { reason: `--${rival[0]} or --${rival[1]}, not both` });
  const lonely = companions.find(([one, other]) => data[one] !== undefined && data[other] === undefined);
  if (lonely) throw new FlashError("USAGE", { reason: `--${lonely[0]} needs --${lonely[1]}` });
  if (data.way === "recovery" && data.recovery === undefined)
    throw new FlashError("USAGE", { reason: "--way recovery needs --recovery FILE" });
  if (new Set(data.port).size < data.port.length)
    throw new FlashError("USAGE", { reason: "a port is named twice" });
  if (
    data.port.length > 1 &&
    [data.serial, data.mac, data.ticket, data.backup, data.restore].some((one) => one !== undefined)
  )
    throw new FlashError("USAGE", {
      reason: "--serial, --mac, --ticket, --backup and --restore are of one board",
    });
  const [command, ...rest] = parsed.positionals;
  if (rest.length > 0 || !commands.has(command))
    throw new FlashError("USAGE", { reason: `“${parsed.positionals.join(" ")}”?` });
  return { command, flags: data };
}
