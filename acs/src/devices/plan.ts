import type { CwmpMessage, InformEvent, MessageOf } from "@tonalite/agent/core/cwmp";
import type { DeviceFaults } from "../store/schema.ts";
import { commandRpc, rebootKey, type RpcContext, type StoredCommand, type ValueType } from "./commands.ts";
import type { Desired } from "./desired.ts";
import type { StoredParameter } from "./repository.ts";

/** Everything the planner looks at. It changes as answers come in; the planner is then asked again. */
export type Situation = {
  /** the device's parameters are known for the software it runs */
  discovery:
    | { state: "needed" }
    | { state: "names"; paths: { path: string; writable: boolean }[]; read: number }
    | { state: "done" };
  /** partial paths whose values the Inform's events made doubtful */
  refresh: readonly string[];
  desired: Desired;
  /** key of `desired` */
  desiredKey: string;
  /** stored values of the desired paths; a path that is absent does not exist on the device */
  stored: ReadonlyMap<string, StoredParameter>;
  /** ParameterKey as the device reports it */
  reportedKey: string;
  /** the device answered OK to our key and yet reports another: its key means nothing */
  keyIgnored: boolean;
  faults: DeviceFaults | null;
  journal: { unread: boolean; acknowledge: number | undefined };
  commands: readonly StoredCommand[];
  /** a Reboot or FactoryReset was accepted in this session: let the device go */
  leaving: boolean;
};

/** The next thing to ask of the device, and what for. */
export type Step =
  | { for: "names"; rpc: MessageOf<"GetParameterNames"> }
  | { for: "values"; rpc: MessageOf<"GetParameterValues"> }
  | { for: "refresh"; rpc: MessageOf<"GetParameterValues"> }
  | { for: "configuration"; rpc: MessageOf<"SetParameterValues"> }
  | { for: "journal"; rpc: MessageOf<"GetParameterValues"> }
  | { for: "acknowledgement"; rpc: MessageOf<"SetParameterValues"> }
  | { for: "command"; command: StoredCommand; rpc: CwmpMessage };

/** Names asked for in one GetParameterValues: keeps an answer far below every known device's buffer. */
export const valuesAtOnce = 256;
export const journalTable = "Device.X_TONALITE_Journal.Entry.";
const acknowledgePath = "Device.X_TONALITE_Journal.Acknowledge";

/**
 * The next RPC, or undefined when the device is as it should be. Records come first (they are proof), what restarts
 * the box last. Pure: the same situation always gives the same step.
 */
export function nextStep(situation: Situation, context: RpcContext): Step | undefined {
  if (situation.leaving) return undefined;
  return (
    discoveryStep(situation) ??
    journalStep(situation) ??
    refreshStep(situation) ??
    configurationStep(situation, context) ??
    commandStep(situation, context)
  );
}

function discoveryStep({ discovery }: Situation): Step | undefined {
  if (discovery.state === "needed")
    return { for: "names", rpc: { method: "GetParameterNames", path: "Device.", nextLevel: false } };
  if (discovery.state === "done") return undefined;
  const names = discovery.paths.slice(discovery.read, discovery.read + valuesAtOnce).map(({ path }) => path);
  return names.length > 0 ? { for: "values", rpc: { method: "GetParameterValues", names } } : undefined;
}

function journalStep({ journal, reportedKey }: Situation): Step | undefined {
  if (journal.acknowledge !== undefined) {
    const parameter = {
      path: acknowledgePath,
      value: String(journal.acknowledge),
      type: "unsignedLong" as const,
    };
    // The key stays what it is: an acknowledgement says nothing about the configuration.
    const rpc = { method: "SetParameterValues" as const, parameters: [parameter], parameterKey: reportedKey };
    return { for: "acknowledgement", rpc };
  }
  if (journal.unread) return { for: "journal", rpc: { method: "GetParameterValues", names: [journalTable] } };
  return undefined;
}

function refreshStep({ refresh }: Situation): Step | undefined {
  return refresh.length > 0
    ? { for: "refresh", rpc: { method: "GetParameterValues", names: [...refresh] } }
    : undefined;
}

function configurationStep(situation: Situation, context: RpcContext): Step | undefined {
  const { desiredKey, reportedKey, keyIgnored } = situation;
  const faults = situation.faults?.parameterKey === desiredKey ? situation.faults : null;
  if (faults?.blocked) return undefined;
  const refused = new Set(faults?.items.map((item) => item.path));
  const inPlace = reportedKey === desiredKey || keyIgnored;
  const parameters: { path: string; value: string; type: ValueType }[] = [];
  for (const [path, { value, secret }] of situation.desired) {
    const stored = situation.stored.get(path);
    if (!stored || !stored.writable || refused.has(path)) continue;
    const differs = secret ? !inPlace : !sameValue(stored.type, stored.value, value);
    if (differs) parameters.push({ path, value, type: context.typeOf(path) ?? "string" });
  }
  if (parameters.length === 0) return undefined;
  return {
    for: "configuration",
    rpc: { method: "SetParameterValues", parameters, parameterKey: desiredKey },
  };
}

/** Whether two texts are one value of a type: `1` and `true`, ` 07` and `7` (XML Schema part 2 §3.2). */
export function sameValue(type: string, one: string, other: string): boolean {
  if (one === other) return true;
  if (type === "boolean") return truth(one) !== undefined && truth(one) === truth(other);
  if (/^(unsigned)?(int|long)$/i.test(type))
    return one.trim() !== "" && other.trim() !== "" && Number(one) === Number(other);
  if (type === "dateTime") return Date.parse(one) === Date.parse(other);
  return false;
}

function truth(text: string): boolean | undefined {
  const word = text.trim().toLowerCase();
  if (word === "1" || word === "true") return true;
  return word === "0" || word === "false" ? false : undefined;
}

/** In the order they were given, but what takes the device away waits until nothing else is left. */
function commandStep({ commands }: Situation, context: RpcContext): Step | undefined {
  const restarts = (command: StoredCommand): boolean =>
    command.kind === "reboot" || command.kind === "factory-reset";
  const command = commands.find((one) => !restarts(one)) ?? commands[0];
  return command ? { for: "command", command, rpc: commandRpc(command, context) } : undefined;
}

/** Commands whose effect an Inform's events prove, although their answer was lost. */
export function commandsProved(
  events: readonly InformEvent[],
  commands: readonly StoredCommand[],
): StoredCommand[] {
  const has = (code: string): boolean => events.some((event) => event.eventCode === code);
  return commands.filter((command) => {
    if (command.state !== "sent") return false;
    if (command.kind === "factory-reset") return has("0 BOOTSTRAP");
    if (command.kind !== "reboot") return false;
    return (
      events.some((event) => event.eventCode === "M Reboot" && event.commandKey === rebootKey(command.id)) ||
      has("1 BOOT")
    );
  });
}
