import { parseArgs } from "node:util";
import * as z from "zod";
import { modelStyles } from "../core/data-model/index.ts";
import { adapters } from "./native/index.ts";

const file = z.string().min(1).max(4096);

/** The agent's command line: what the board hands over, and the user's flags. */
const agentArguments = z.strictObject({
  state: file,
  "slot-dir": file.optional(),
  slot: z.enum(["a", "b"]).default("a"),
  trial: z.enum(["0", "1"]).default("0"),
  /** A board's description of its partitions; without it slots are folders of the state. */
  slots: file.optional(),
  /** Where a board's services and the agent speak to each other; without it nobody watches. */
  "board-dir": file.optional(),
  /** Where a board's DHCP client writes its lease. */
  lease: file.optional(),
  /** How the agent before this one ended, in this start of the box; none ran when it is absent. */
  "last-end": z.string().max(256).optional(),
  trust: file.optional(),
  serial: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/)
    .optional(),
  profile: z.string().max(64).default("virtual/sim"),
  acs: z.url({ protocol: /^https?$/ }).optional(),
  "acs-user": z.string().max(256).optional(),
  "acs-password-file": file.optional(),
  mqtt: z.url({ protocol: /^mqtts?$/ }).optional(),
  registrar: z
    .string()
    .regex(/^(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]+\]):\d{1,5}$/, "HOST:PORT")
    .optional(),
  "sip-user": z.string().min(1).max(128).optional(),
  "sip-password-file": file.optional(),
  /** Local SIP port; 0 = any that is free. */
  "sip-port": z.coerce.number().int().min(0).max(65_535).default(0),
  /** Address SIP and RTP bind to; "" = the one that routes to the registrar. */
  "local-address": z.string().max(63).default(""),
  /** libtonalite.so; default: the slot's, else the one built in the source tree. */
  "engine-library": file.optional(),
  /** How CWMP servers see the data model; the hardware profile's choice without it. */
  "data-model": z.enum(modelStyles).optional(),
  "trial-seconds": z.coerce.number().int().min(1).max(86_400).optional(),
  "log-level": z.enum(["debug", "info", "warn", "error"]).default("info"),
});
export type AgentArguments = z.infer<typeof agentArguments> & { adapter: (typeof adapters)[number] };

/** A command line that cannot be used; the message names the flag. */
export class ArgumentError extends Error {
  override readonly name = "ArgumentError";
}

/**
 * Reads the command line and FFI_ADAPTER.
 * @throws ArgumentError
 */
export function readArguments(
  argv: readonly string[],
  environment: Record<string, string | undefined>,
): AgentArguments {
  const options = Object.fromEntries(
    Object.keys(agentArguments.shape).map((name) => [name, { type: "string" as const }]),
  );
  let values: Record<string, unknown>;
  try {
    ({ values } = parseArgs({ args: [...argv], options, strict: true }));
  } catch (error) {
    throw new ArgumentError(error instanceof Error ? error.message : String(error));
  }
  const parsed = agentArguments.safeParse(values);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new ArgumentError(`--${issue?.path.join(".") ?? ""}: ${issue?.message ?? "invalid"}`);
  }
  const adapter = z.enum(adapters).default("koffi").safeParse(environment["FFI_ADAPTER"]);
  if (!adapter.success) throw new ArgumentError(`FFI_ADAPTER is one of: ${adapters.join(", ")}`);
  return { ...parsed.data, adapter: adapter.data };
}
