/** The USP door to updates: Device.DeviceInfo.FirmwareImage.{i}.Download() and Activate() (TR-181, TR-369 §7.7). */
import * as z from "zod";
import { checksumAlgorithm } from "../core/update/index.ts";
import { faultCode, type OperateOutcome } from "../core/usp/index.ts";
import type { OrderAnswer, UpdateEngine, UpdatePolicy } from "./update/index.ts";

/** The row of LocalAgent.Request that stands for the update under way: there is one at a time. */
export const updateRequestPath = "Device.LocalAgent.Request.1.";

const commandForm = /^Device\.DeviceInfo\.FirmwareImage\.(\d{1,9})\.(Download|Activate)\(\)$/;
const slots: Record<string, "a" | "b"> = { 1: "a", 2: "b" };

const boolean = z.enum(["true", "1", "false", "0"]).transform((text) => text === "true" || text === "1");
const hexDigits: Record<z.infer<typeof checksumAlgorithm>, number> = {
  "SHA-1": 40,
  "SHA-224": 56,
  "SHA-256": 64,
  "SHA-384": 96,
  "SHA-512": 128,
};

/** Input arguments as TR-181 has them; an empty one counts as not given. */
const downloadInput = z
  .strictObject({
    URL: z.string().min(1).max(2048),
    AutoActivate: boolean.default(false),
    Username: z.string().max(256).default(""),
    Password: z.string().max(256).default(""),
    FileSize: z.coerce.number().int().min(0).max(4_294_967_295).default(0),
    CheckSumAlgorithm: checksumAlgorithm.default("SHA-1"),
    CheckSum: z
      .string()
      .regex(/^[0-9A-Fa-f]*$/, "hexadecimal")
      .default(""),
  })
  .refine(
    ({ CheckSum, CheckSumAlgorithm }) => CheckSum === "" || CheckSum.length === hexDigits[CheckSumAlgorithm],
    { path: ["CheckSum"], message: "has not the length of its algorithm" },
  );
const activateInput = z.strictObject({});

export type FirmwareCommandOptions = {
  /** Null on a box without slots. */
  updates: UpdateEngine | null;
  running: "a" | "b";
  /** What the provider's terms say about the next update. */
  policy: () => UpdatePolicy;
};

/**
 * Carries out a command of a firmware image; its end comes as an OperationComplete.
 * @returns undefined for any other command
 */
export function operateFirmware(
  command: string,
  args: Readonly<Record<string, string>>,
  commandKey: string,
  { updates, running, policy }: FirmwareCommandOptions,
): OperateOutcome | undefined {
  const match = commandForm.exec(command);
  if (!match) return undefined;
  const [, instance = "", name] = match;
  const slot = slots[instance];
  if (slot === undefined)
    return failed(faultCode.objectDoesNotExist, `there is no FirmwareImage.${instance}`);
  if (!updates) return failed(faultCode.commandFailure, "the box has no slots");
  if (slot === running) return failed(faultCode.commandFailure, "this image is the active one");
  const given = Object.fromEntries(Object.entries(args).filter(([, value]) => value !== ""));
  const common = { commandKey, command, door: "usp" as const, ...policy() };
  if (name === "Activate") {
    const input = activateInput.safeParse(given);
    if (!input.success) return invalid(input.error);
    return answered(updates.activate(common));
  }
  const input = downloadInput.safeParse(given);
  if (!input.success) return invalid(input.error);
  const { URL, AutoActivate, Username, Password, FileSize, CheckSum, CheckSumAlgorithm } = input.data;
  return answered(
    updates.request({
      ...common,
      url: URL,
      activate: AutoActivate,
      username: Username,
      password: Password,
      ...(FileSize > 0 && { fileSize: FileSize }),
      ...(CheckSum !== "" && { checksum: { algorithm: CheckSumAlgorithm, value: CheckSum.toLowerCase() } }),
    }),
  );
}

function answered(answer: OrderAnswer): OperateOutcome {
  if (answer.accepted) return { state: "started", requestPath: updateRequestPath };
  const { code, string } = answer.fault;
  return failed(code === 9001 ? faultCode.commandFailure : faultCode.invalidCommandArguments, string);
}

// Names of arguments and what is wrong, never their values: one of them is a password.
function invalid(error: z.ZodError): OperateOutcome {
  const words = error.issues.slice(0, 3).map(({ path, message }) => `${path.join(".")}: ${message}`);
  return failed(faultCode.invalidCommandArguments, words.join("; ").slice(0, 256));
}

const failed = (code: number, message: string): OperateOutcome => ({ state: "failed", code, message });
