import { accessSync, constants } from "node:fs";
import { parseArgs } from "node:util";
import * as z from "zod";
import { modelStyles } from "../../core/data-model/projection/style-names.ts";

/** `npm run ata -- --help`. */
export const usage = `One virtual ATA in the foreground: a board with two slots and the agent that runs in one of them.

  npm run ata -- --state DIR [options]

  --state DIR               everything the box remembers; made on the first start
  --acs URL                 the CWMP server
  --acs-user U              user name for it, with
  --acs-password-file F       the file that holds the password
  --mqtt URL                the USP broker (mqtt:// or mqtts://)
  --registrar HOST:PORT     a SIP registrar, without an ACS, with
  --sip-user U                its user name, and
  --sip-password-file F       the file that holds the password
  --sip-port PORT           local SIP port (default: any that is free)
  --local-address IP        address for SIP and RTP (default: the one that leads to the registrar)
  --data-model STYLE        what CWMP servers see: device-2, device-2-voice-1 (TR-104 issue 1) or gateway-1 (TR-098)
  --log-level LEVEL         debug, info, warn or error (default: info)
  --serial S                serial number (first start only; default: made up once and kept)
  --profile ID              hardware profile (first start only; default: virtual/sim)
  --trust DIR               public keys (*.pem) whose images are installed (default: DIR/factory/trust of the state)
  --image DIR               the image that slot a gets on the first start (default: the one built beside this program)
  --reinstall               put that image into slot a again and start it; settings stay
  --trial-seconds N         how long lines may take to come back after an update (default 90)
  --watchdog-seconds N      how long an image on trial may show no life (default 120)
  --help                    this text

What stands after a lone -- goes to the agent as it is.
Ctrl-C stops the agent in order, then the board.
`;

/** A flag that cannot be used: said in one line, without a stack. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

const url = (protocols: string[]) =>
  z.string().refine((text) => protocols.includes(URL.parse(text)?.protocol ?? ""), {
    error: `must be a URL that starts with ${protocols.map((protocol) => `${protocol}//`).join(" or ")}`,
  });
const file = z.string().refine(isReadable, { error: "is not a readable file" });
const seconds = z.coerce.number({ error: "must be a number of seconds" }).int().min(1).max(86_400);

const flags = z.strictObject({
  state: z.string({ error: "is required: where the box keeps what it remembers" }).min(1),
  acs: url(["http:", "https:"]).optional(),
  "acs-user": z.string().min(1).max(256).optional(),
  "acs-password-file": file.optional(),
  mqtt: url(["mqtt:", "mqtts:"]).optional(),
  registrar: z
    .string()
    .regex(/^(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]+\]):\d{1,5}$/, "must be HOST:PORT")
    .optional(),
  "sip-user": z.string().min(1).max(128).optional(),
  "sip-password-file": file.optional(),
  serial: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/, "must be 1 to 64 letters, digits, dots, dashes")
    .optional(),
  profile: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]*\/[a-z0-9][a-z0-9._-]*$/, "must be an id such as virtual/sim")
    .optional(),
  trust: z.string().min(1).optional(),
  image: z.string().min(1).optional(),
  reinstall: z.boolean().default(false),
  "sip-port": z.coerce.number({ error: "must be a port" }).int().min(0).max(65_535).optional(),
  "local-address": z.union([z.ipv4(), z.ipv6()], { error: "must be an IP address" }).optional(),
  "data-model": z.enum(modelStyles).optional(),
  "log-level": z.enum(["debug", "info", "warn", "error"]).optional(),
  "trial-seconds": seconds.optional(),
  "watchdog-seconds": seconds.default(120),
});
export type BoardFlags = z.infer<typeof flags>;

// For the board alone; every other flag is the agent's as well.
const boardOnly = new Set(["state", "trust", "image", "reinstall", "watchdog-seconds"]);

/**
 * Reads the command line.
 * @returns "help" when that is what was asked for; otherwise the board's flags and those to hand on to the agent
 * @throws UsageError naming the flag and what is wrong with it
 */
export function parseFlags(args: readonly string[]): { flags: BoardFlags; forAgent: string[] } | "help" {
  const cut = args.indexOf("--");
  const own = cut < 0 ? args : args.slice(0, cut);
  const values = readValues(own);
  if (values["help"] === true) return "help";
  const parsed = flags.safeParse(values);
  if (!parsed.success) throw new UsageError(words(parsed.error));
  requireTogether(parsed.data, "acs-user", "acs-password-file");
  requireTogether(parsed.data, "sip-user", "sip-password-file");
  const forAgent = Object.entries(parsed.data)
    .filter(([name, value]) => value !== undefined && !boardOnly.has(name))
    .flatMap(([name, value]) => [`--${name}`, String(value)]);
  return { flags: parsed.data, forAgent: [...forAgent, ...(cut < 0 ? [] : args.slice(cut + 1))] };
}

function readValues(args: readonly string[]): Record<string, unknown> {
  const options = Object.fromEntries(
    Object.keys(flags.shape).map((name) => [
      name,
      { type: name === "reinstall" ? "boolean" : "string" } as const,
    ]),
  );
  try {
    return parseArgs({ args: [...args], options: { ...options, help: { type: "boolean" } }, strict: true })
      .values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function requireTogether(values: BoardFlags, left: keyof BoardFlags, right: keyof BoardFlags): void {
  if ((values[left] === undefined) !== (values[right] === undefined))
    throw new UsageError(`--${left} and --${right} go together`);
}

function words(error: z.ZodError): string {
  const issue = error.issues[0];
  return `--${issue?.path.map(String).join(".") ?? ""} ${issue?.message ?? "is not valid"}`;
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
