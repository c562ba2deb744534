import type { CwmpMessage, Fault, MessageOf, ParameterValueStruct } from "@tonalite/agent/core/cwmp";
import { closeCommand } from "../devices/command-store.ts";
import { journalRows, takeInJournal } from "../devices/journal.ts";
import type { Step } from "../devices/plan.ts";
import {
  finishDiscovery,
  isSecretPath,
  readParameters,
  recordFaults,
  saveParameters,
} from "../devices/repository.ts";
import { noticeValues } from "../devices/values-noticed.ts";
import type { DeviceFaults } from "../store/database.ts";
import { longestPath } from "./inform-intake.ts";
import type { Plan, Session } from "./session.ts";
import type { Southbound } from "./southbound.ts";

/** The method an RPC is answered with. */
export const answerTo = (step: Step): string => `${step.rpc.method}Response`;

const journalPage = 50; // entries that the device shows at once
const journalRoundsAtMost = 100;

/** Takes in the device's answer to a step, refusals included: what it teaches is stored, and the situation moves on. */
export async function takeAnswer(
  southbound: Southbound,
  session: Session,
  plan: Plan,
  step: Step,
  answer: CwmpMessage,
): Promise<void> {
  const { situation } = plan;
  const refusal = answer.method === "Fault" ? answer : undefined;
  if (refusal)
    southbound.log.warn(
      {
        deviceId: session.deviceId,
        for: step.for,
        code: refusal.faultCode,
        reason: refusal.faultString.slice(0, 200),
      },
      "the device refused an RPC",
    );
  switch (step.for) {
    case "names":
      return await takeNames(
        southbound,
        session,
        plan,
        refusal ? undefined : (answer as MessageOf<"GetParameterNamesResponse">),
      );
    case "values":
      return await takeDiscoveredValues(southbound, session, plan, step, refusal ? [] : valuesOf(answer));
    case "refresh":
      situation.refresh = [];
      return await takeValues(southbound, session, valuesOf(answer));
    case "journal":
      return await takeJournal(southbound, session, plan, valuesOf(answer));
    case "acknowledgement":
      situation.journal.acknowledge = undefined;
      if (refusal) situation.journal.unread = false;
      return;
    case "configuration":
      return await takeConfiguration(southbound, session, plan, step, refusal);
    case "command":
      return await takeCommand(southbound, session, plan, step, answer);
  }
}

function valuesOf(answer: CwmpMessage): ParameterValueStruct[] {
  return answer.method === "GetParameterValuesResponse"
    ? answer.parameters.filter(({ path }) => path !== "" && path.length <= longestPath)
    : [];
}

async function takeNames(
  { pool }: Southbound,
  session: Session,
  plan: Plan,
  answer: MessageOf<"GetParameterNamesResponse"> | undefined,
): Promise<void> {
  // A device that cannot list its parameters is not asked again until its software changes.
  if (!answer) return await endDiscovery(pool, session, plan, undefined);
  const paths = answer.parameters.filter(
    ({ path }) => !path.endsWith(".") && path !== "" && path.length <= longestPath,
  );
  plan.situation.discovery = { state: "names", paths, read: 0 };
  if (paths.length === 0) await endDiscovery(pool, session, plan, undefined);
}

async function takeDiscoveredValues(
  southbound: Southbound,
  session: Session,
  { situation, ...plan }: Plan,
  step: Step & { for: "values" },
  values: ParameterValueStruct[],
): Promise<void> {
  const { discovery } = situation;
  if (discovery.state !== "names") return;
  const asked = discovery.paths.slice(discovery.read, discovery.read + step.rpc.names.length);
  const writable = new Map(asked.map((item) => [item.path, item.writable]));
  await saveParameters(
    southbound.pool,
    session.deviceId,
    values.map((value) => ({ ...value, writable: writable.get(value.path) ?? false })),
  );
  remember(session, values);
  await noticeValues(southbound, session.deviceId, values);
  discovery.read += step.rpc.names.length;
  if (discovery.read >= discovery.paths.length)
    await endDiscovery(
      southbound.pool,
      session,
      { situation, ...plan },
      discovery.paths.map(({ path }) => path),
    );
}

/** @param paths what the device has; undefined when it would not say */
async function endDiscovery(
  pool: Southbound["pool"],
  session: Session,
  { situation }: Plan,
  paths: string[] | undefined,
): Promise<void> {
  const version = session.known.row.software_version ?? "";
  await finishDiscovery(pool, session.deviceId, paths, version);
  session.known.row.discovered_version = version;
  situation.discovery = { state: "done" };
  situation.refresh = [];
  const wanted = [
    ...situation.desired.keys(),
    ...situation.commands.flatMap((command) =>
      command.kind === "set" ? command.arguments.parameters.map(({ path }) => path) : [],
    ),
  ];
  situation.stored = await readParameters(pool, session.deviceId, wanted);
}

async function takeValues(
  southbound: Southbound,
  session: Session,
  values: ParameterValueStruct[],
): Promise<void> {
  await saveParameters(southbound.pool, session.deviceId, values);
  remember(session, values);
  await noticeValues(southbound, session.deviceId, values);
}

/** What Informs bring is compared with memory: it must not lag behind the store. */
function remember({ known }: Session, values: readonly ParameterValueStruct[]): void {
  for (const { path, value } of values) if (known.informed.has(path)) known.informed.set(path, value);
}

async function takeJournal(
  southbound: Southbound,
  session: Session,
  plan: Plan,
  values: ParameterValueStruct[],
): Promise<void> {
  const { journal } = plan.situation;
  const rows = journalRows(values);
  journal.acknowledge = await takeInJournal(southbound, session.deviceId, rows);
  plan.journalRounds++;
  journal.unread = rows.length >= journalPage && plan.journalRounds < journalRoundsAtMost;
}

async function takeConfiguration(
  { db, pool, log }: Southbound,
  session: Session,
  { situation }: Plan,
  step: Step & { for: "configuration" },
  refusal: Fault | undefined,
): Promise<void> {
  const { deviceId, known } = session;
  const sent = step.rpc.parameters;
  if (refusal) {
    situation.faults = refusedSetting(situation.faults, situation.desiredKey, sent, refusal);
    await recordFaults(db, deviceId, situation.faults);
    return;
  }
  const values = sent.map(({ path, value, type }) => ({
    path,
    value: situation.desired.get(path)?.secret ? "" : value,
    type,
  }));
  await saveParameters(pool, deviceId, values);
  await db
    .updateTable("devices")
    .set({ parameter_key: situation.desiredKey })
    .where("id", "=", deviceId)
    .execute();
  if (situation.faults && situation.faults.parameterKey !== situation.desiredKey) {
    situation.faults = null;
    await recordFaults(db, deviceId, null);
  }
  known.row.parameter_key = situation.desiredKey;
  known.applied = {
    key: situation.desiredKey,
    times: known.applied?.key === situation.desiredKey ? known.applied.times + 1 : 1,
  };
  situation.reportedKey = situation.desiredKey;
  const stored = new Map(situation.stored);
  for (const { path, value } of values) {
    const before = stored.get(path);
    if (before) stored.set(path, { ...before, value });
  }
  situation.stored = stored;
  log.info({ deviceId, parameters: sent.length }, "device configured");
}

/** TR-069 A.3.2.1: a set is refused as a whole; the parameters it names are left out from now on, the others tried again. */
export function refusedSetting(
  former: DeviceFaults | null,
  parameterKey: string,
  sent: readonly { path: string }[],
  refusal: Fault,
): DeviceFaults {
  const ours = new Set(sent.map(({ path }) => path));
  const named = (refusal.setParameterFaults ?? []).filter(({ path }) => ours.has(path));
  const whole = { path: "", code: refusal.faultCode, message: refusal.faultString.slice(0, 200) };
  const items = named.map(({ path, code, message }) => ({ path, code, message: message.slice(0, 200) }));
  const kept = former?.parameterKey === parameterKey ? former.items : [];
  return {
    parameterKey,
    at: new Date().toISOString(),
    blocked: items.length === 0,
    items: [...kept, ...(items.length > 0 ? items : [whole])],
  };
}

async function takeCommand(
  southbound: Southbound,
  session: Session,
  { situation }: Plan,
  { command }: Step & { for: "command" },
  answer: CwmpMessage,
): Promise<void> {
  const { deviceId } = session;
  situation.commands = situation.commands.filter((one) => one.id !== command.id);
  if (answer.method === "Fault") {
    const { faultCode, faultString, setParameterFaults } = answer;
    await closeCommand(southbound, deviceId, command.id, "failed", {
      faultCode,
      faultString,
      setParameterFaults,
    });
    return;
  }
  await takeValues(southbound, session, valuesOf(answer));
  if (command.kind === "set") {
    const written = command.arguments.parameters.map(({ path, value, type }) => ({
      path,
      value,
      type: type ?? situation.stored.get(path)?.type ?? "string",
    }));
    await saveParameters(southbound.pool, deviceId, written);
  }
  if (command.kind === "reboot" || command.kind === "factory-reset") situation.leaving = true;
  await closeCommand(southbound, deviceId, command.id, "done", resultOf(answer));
}

function resultOf(answer: CwmpMessage): unknown {
  if (answer.method === "GetParameterValuesResponse") {
    const shown = answer.parameters.slice(0, 1000);
    return {
      parameters: shown.map(({ path, value, type }) => ({
        path,
        value: isSecretPath(path) ? "" : value,
        type,
      })),
    };
  }
  return "status" in answer ? { status: answer.status } : {};
}
