import type { CwmpMessage } from "@tonalite/agent/core/cwmp";
import { z } from "zod";

/** XSD types a value may have on the wire (TR-106 §3.2.2). */
const valueType = z.enum([
  "string",
  "int",
  "unsignedInt",
  "long",
  "unsignedLong",
  "boolean",
  "dateTime",
  "base64",
  "hexBinary",
  "decimal",
]);
export type ValueType = z.infer<typeof valueType>;

/** What each kind of command carries in `commands.arguments`. */
const shapes = {
  reboot: z.object({}),
  "factory-reset": z.object({}),
  get: z.object({ paths: z.array(z.string()).min(1) }),
  set: z.object({
    parameters: z.array(z.object({ path: z.string(), value: z.string(), type: valueType.optional() })).min(1),
  }),
  notify: z.object({
    parameters: z.array(z.object({ path: z.string(), notification: z.int().min(0).max(6) })).min(1),
  }),
  download: z.object({
    commandKey: z.string(),
    fileType: z.string(),
    /** on this ACS's CWMP port; the host is the one that the device calls */
    path: z.string(),
    fileSize: z.number(),
    targetFileName: z.string(),
  }),
};
type Kind = keyof typeof shapes;

export type Command = { [K in Kind]: { kind: K; arguments: z.infer<(typeof shapes)[K]> } }[Kind];
export type StoredCommand = { id: string; state: "pending" | "sent"; attempts: number } & Command;

export class CommandError extends Error {
  override readonly name = "CommandError";
}

/** @throws CommandError for a kind the session cannot do, or arguments that do not fit it */
export function readCommand(kind: string, stored: unknown): Command {
  if (!Object.hasOwn(shapes, kind)) throw new CommandError(`there is no command "${kind}" over CWMP`);
  const parsed = shapes[kind as Kind].safeParse(stored);
  if (!parsed.success)
    throw new CommandError(`the arguments of "${kind}" are not usable: ${z.prettifyError(parsed.error)}`);
  return { kind, arguments: parsed.data } as Command;
}

/** What an RPC needs besides the command. */
export type RpcContext = {
  /** the key that the device has: a command leaves it as it is */
  parameterKey(): string;
  /** how the device reaches the ACS, e.g. `http://192.0.2.1:7547` */
  baseUrl: string;
  download: { username: string; password: string };
  typeOf(path: string): ValueType | undefined;
};

/** The one RPC that does a command. */
export function commandRpc(command: StoredCommand, context: RpcContext): CwmpMessage {
  if (command.kind === "reboot") return { method: "Reboot", commandKey: rebootKey(command.id) };
  if (command.kind === "factory-reset") return { method: "FactoryReset" };
  if (command.kind === "get") return { method: "GetParameterValues", names: command.arguments.paths };
  if (command.kind === "set") {
    const parameters = command.arguments.parameters.map(({ path, value, type }) => ({
      path,
      value,
      type: type ?? context.typeOf(path) ?? "string",
    }));
    return { method: "SetParameterValues", parameterKey: context.parameterKey(), parameters };
  }
  if (command.kind === "notify") return { method: "SetParameterAttributes", ...command.arguments };
  const { commandKey, fileType, path, fileSize, targetFileName } = command.arguments;
  const url = new URL(path, context.baseUrl).href;
  const rest = { targetFileName, delaySeconds: 0, successUrl: "", failureUrl: "" };
  return { method: "Download", commandKey, fileType, url, ...context.download, fileSize, ...rest };
}

/** CommandKey holds 32 characters (TR-069 A.3.2.9): a UUID without its dashes. */
export const rebootKey = (commandId: string): string => commandId.replaceAll("-", "");
