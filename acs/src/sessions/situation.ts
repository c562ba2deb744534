import { mqttUsername } from "@tonalite/agent/core/usp";
import type { RpcContext, ValueType } from "../devices/commands.ts";
import { closeCommand, openCommands } from "../devices/command-store.ts";
import { type AcsPlace, desiredParameters, type DeviceSecrets, parameterKeyOf } from "../devices/desired.ts";
import { diagnosticsPaths } from "../devices/network-tests.ts";
import { commandsProved, type Situation } from "../devices/plan.ts";
import {
  type DeviceRow,
  ensureSecrets,
  findDevice,
  type LineRow,
  linesOf,
  readParameters,
  retiredLinesOf,
} from "../devices/repository.ts";
import type { Sealer } from "../secrets/seal.ts";
import { endsTest } from "./inform-intake.ts";
import type { Plan, Session } from "./session.ts";
import type { Southbound } from "./southbound.ts";

/** How often we set a key that the device then does not report, before we stop believing in it. */
const keyTries = 3;
const ownRefresh = ["Device.DeviceInfo.", "Device.X_TONALITE_Update.", "Device.X_TONALITE_Terms."];

/**
 * Reads what the planner needs: the device, its lines and open commands, and the stored values of the parameters that
 * matter, however many others there are.
 * @returns undefined when the device is no longer registered
 */
export async function loadPlan(southbound: Southbound, session: Session): Promise<Plan | undefined> {
  const { db, pool, sealer, hooks, settings, log } = southbound;
  const found = await findDevice(db, session.deviceId);
  if (!found) return undefined;
  const row = await ensureSecrets(db, sealer, found);
  const lines = await linesOf(db, row.id);
  const retired = await retiredLinesOf(db, row.id);
  const secrets = openSecrets(sealer, row, lines);
  if (row.endpoint_id !== null && settings.mqttPort !== undefined)
    await hooks.mqttAccount(row.endpoint_id, secrets.mqttPassword);

  const desired = desiredParameters(row, lines, retired, secrets, placeOf(southbound, session, row));
  const desiredKey = parameterKeyOf(desired, (text) => sealer.fingerprint(text));
  const all = await openCommands(southbound, row.id);
  const proved = commandsProved(session.informed.events, all);
  for (const command of proved)
    await closeCommand(southbound, row.id, command.id, "done", { proof: "the device restarted" });
  const commands = all.filter((command) => !proved.includes(command));
  const set = commands.flatMap((command) => (command.kind === "set" ? command.arguments.parameters : []));
  const stored = await readParameters(pool, row.id, [...desired.keys(), ...set.map(({ path }) => path)]);

  const { informed, known } = session;
  const discovered = row.discovered_version === (row.software_version ?? "");
  const { applied } = known;
  const keyIgnored =
    applied?.key === desiredKey && applied.times >= keyTries && informed.parameterKey !== desiredKey;
  if (keyIgnored)
    log.warn({ deviceId: row.id }, "the device does not keep its ParameterKey: secrets are taken as set");
  const situation: Situation = {
    discovery: discovered ? { state: "done" } : { state: "needed" },
    refresh: discovered ? doubtful(session) : [],
    desired,
    desiredKey,
    stored,
    reportedKey: informed.parameterKey,
    keyIgnored,
    faults: row.faults,
    journal: { unread: informed.pendingEntries > 0, acknowledge: undefined },
    commands,
    leaving: false,
  };
  const context: RpcContext = {
    parameterKey: () => situation.reportedKey,
    baseUrl: session.baseUrl,
    download: {
      username: row.cwmp_username ?? row.id,
      password: row.cwmp_password_sealed ? sealer.open(row.cwmp_password_sealed) : "",
    },
    typeOf: (path) => situation.stored.get(path)?.type as ValueType | undefined,
  };
  return { situation, context, revision: row.revision, journalRounds: 0 };
}

function openSecrets(sealer: Sealer, row: DeviceRow, lines: readonly LineRow[]): DeviceSecrets {
  const open = (sealed: Buffer | null): string => (sealed ? sealer.open(sealed) : "");
  return {
    connectionRequestPassword: open(row.connection_request_password_sealed),
    mqttPassword: open(row.mqtt_password_sealed),
    sip: new Map(
      lines.flatMap(({ line, sip_password_sealed: sealed }) =>
        sealed ? [[line, sealer.open(sealed)] as const] : [],
      ),
    ),
  };
}

function placeOf({ settings }: Southbound, session: Session, row: DeviceRow): AcsPlace {
  const { periodicInformInterval, mqttPort, mqttTls = false, stunPort, lightPort } = settings;
  // IPv6 addresses stand bare in BrokerAddress, bracketed in URLs.
  const host = new URL(session.baseUrl).hostname.replaceAll(/^\[|\]$/g, "");
  const { endpoint_id: endpointId } = row;
  return {
    periodicInformInterval,
    ...(mqttPort === undefined || endpointId === null
      ? {}
      : { mqtt: { host, port: mqttPort, tls: mqttTls, username: mqttUsername(endpointId) } }),
    ...(stunPort === undefined ? {} : { stun: { host, port: stunPort } }),
    ...(lightPort === undefined ? {} : { light: { host, port: lightPort } }),
  };
}

/** What the Inform's events made doubtful. */
function doubtful({ informed, known }: Session): string[] {
  const ours = [...known.informed.keys()].some((path) => path.includes(".X_TONALITE_"));
  const changed = informed.boot || informed.updateStateChanged ? refreshPaths(known.informed.keys()) : [];
  // One unknown name would cost the whole answer: of others, only what every diagnosing device has.
  const tests = endsTest(informed.events) ? diagnosticsPaths.slice(0, ours ? undefined : 1) : [];
  return [...changed, ...tests];
}

/** Our own objects only from devices that show that they have them. */
function refreshPaths(informed: Iterable<string>): string[] {
  const ours = [...informed].some((path) => path.includes(".X_TONALITE_"));
  return ours ? ownRefresh : ownRefresh.slice(0, 1);
}
