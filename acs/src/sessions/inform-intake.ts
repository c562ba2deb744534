import type { MessageOf } from "@tonalite/agent/core/cwmp";
import type { KnownDevice } from "../devices/known-device.ts";
import type { Informed } from "./session.ts";
import type { InformWrite } from "./inform-writer.ts";

/** The longest path that is stored (TR-106 §3.1 allows 256 characters). */
export const longestPath = 256;

// Values of one device kept in memory; beyond that they are written again each time.
const mostRemembered = 1024;
const root = "Device.";
const softwareVersion = "DeviceInfo.SoftwareVersion";
const parameterKey = "ManagementServer.ParameterKey";
const connectionRequestUrl = "ManagementServer.ConnectionRequestURL";
const pendingEntries = "Device.X_TONALITE_Journal.PendingEntries";
const updateState = "Device.X_TONALITE_Update.State";

/** What an Inform says, and what of it the store does not know yet. Pure. */
export function readInform(
  inform: MessageOf<"Inform">,
  known: KnownDevice,
  at: Date,
): { write: InformWrite; informed: Omit<Informed, "revision">; changed: { path: string; value: string }[] } {
  const events = inform.events;
  const bootstrap = events.some((event) => event.eventCode === "0 BOOTSTRAP");
  const boot = bootstrap || events.some((event) => event.eventCode === "1 BOOT");
  const changed = new Map<string, { path: string; value: string; type: string }>();
  const write: InformWrite = { deviceId: known.row.id, at, boot, bootstrap, parameters: [] };
  const { row } = known;
  let key = row.parameter_key ?? "";
  let pending = 0;
  for (const parameter of inform.parameters) {
    const { path, value } = parameter;
    if (path.length > longestPath || path === "") continue;
    if (known.informed.get(path) !== value) changed.set(path, parameter);
    if (path === pendingEntries) pending = Number(value) || 0;
    else if (path.startsWith(root)) {
      const name = path.slice(root.length);
      if (name === softwareVersion && value !== row.software_version) write.softwareVersion = value;
      else if (name === connectionRequestUrl && value !== row.connection_request_url)
        write.connectionRequestUrl = value;
      else if (name === parameterKey) {
        key = value;
        if (value !== row.parameter_key) write.parameterKey = value;
      }
    }
  }
  const { manufacturer } = inform.deviceId;
  if (manufacturer !== "" && manufacturer !== row.manufacturer) write.manufacturer = manufacturer;
  write.parameters = [...changed.values()];
  return {
    write,
    changed: write.parameters,
    informed: {
      events,
      bootstrap,
      boot,
      parameterKey: key,
      pendingEntries: pending,
      updateStateChanged: known.informed.has(updateState) && changed.has(updateState),
    },
  };
}

/** Takes what is durable now into memory. */
export function rememberInform(known: KnownDevice, write: InformWrite): void {
  for (const { path, value } of write.parameters)
    if (known.informed.size < mostRemembered || known.informed.has(path)) known.informed.set(path, value);
  const { row } = known;
  row.last_inform_at = write.at;
  if (write.boot) row.last_boot_at = write.at;
  if (write.softwareVersion !== undefined) row.software_version = write.softwareVersion;
  if (write.parameterKey !== undefined) row.parameter_key = write.parameterKey;
  if (write.connectionRequestUrl !== undefined) row.connection_request_url = write.connectionRequestUrl;
  if (write.manufacturer !== undefined) row.manufacturer = write.manufacturer;
  if (write.bootstrap) {
    row.discovered_version = null;
    row.faults = null;
  }
}

/** Whether a test of the network that was asked for is over (TR-069 table 8). */
export const endsTest = (events: Informed["events"]): boolean =>
  events.some(({ eventCode }) => eventCode === "8 DIAGNOSTICS COMPLETE");

/** Whether a session may have something to do; what it is, the plan tells. */
export function hasWork(known: KnownDevice, informed: Informed): boolean {
  return (
    known.settled === undefined ||
    known.settled.revision !== informed.revision ||
    known.settled.parameterKey !== informed.parameterKey ||
    informed.boot ||
    informed.pendingEntries > 0 ||
    informed.updateStateChanged ||
    endsTest(informed.events) ||
    known.row.discovered_version !== (known.row.software_version ?? "")
  );
}
