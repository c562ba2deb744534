import { join } from "node:path";
import { nextMaintenanceTime, type MaintenanceRule } from "@tonalite/device-profiles";
import type { DataModel } from "../core/data-model/index.ts";
import { linePaths } from "../core/provisioning/index.ts";
import { slotName, type LineHealth, type MaintenanceHours, type SlotName } from "../core/update/index.ts";
import type { AgentArguments } from "./arguments.ts";
import type { Identity } from "./identity.ts";
import type { Log } from "./logging.ts";
import type { Store } from "./store/store.ts";
import type { Telephony } from "./telephony/telephony.ts";
import {
  anyReachable,
  createHttpTransport,
  createByteCount,
  createUpdateEngine,
  fileTransport,
  imageFileIn,
  loadTrustedKeys,
  openDeltaGate,
  openReleaseGate,
  systemDisk,
} from "./update/index.ts";
import { heldVersion, keepWhenSteady, openSlots } from "./update-slots.ts";
import { takeUpdateOrders } from "./update-orders.ts";
import { updateRequestPath } from "./update-usp.ts";
import type { Landmark, UpdateEngine, UpdatePolicy, UpdateReport, UpdateView } from "./update/index.ts";

const base = "Device.X_TONALITE_Update.";

/** Builds the update engine of this box; `resumeAtBoot` starts it. */
export function wireUpdates(options: {
  args: AgentArguments;
  identity: Identity;
  model: DataModel;
  store: Store;
  telephony: Telephony;
  /** authorities of the factory, PEM: whom downloads over https believe beside the system's */
  certificates: readonly string[];
  onOutcome: (report: UpdateReport) => void;
  restart: () => void;
  log: Log;
}): UpdateEngine {
  const { args, identity, model, store, telephony, certificates, onOutcome, restart, log } = options;
  const { state, slot } = args;
  const recover = args["trial-seconds"];
  const trust = args.trust ?? join(state, "factory/trust");
  const release = openReleaseGate({
    disk: systemDisk,
    folder: join(state, "release"),
    factoryRoot: join(trust, "root.json"),
    hardware: identity.hardware.id,
    log,
    onChecked: (words) => model.publish(`${base}ReleaseTrust`, words),
  });
  model.publish(`${base}ReleaseTrust`, release.words);
  const boot = openSlots(args);
  keepWhenSteady(boot, log);
  const folder = join(state, "update");
  const trustedKeys = loadTrustedKeys(trust);
  const bytes = createByteCount(store.values);
  const supply = openDeltaGate({
    disk: systemDisk,
    imageFile: imageFileIn(folder),
    contents: async () => await boot.contents(),
    trustedKeys,
    log,
    onBytes: (counts) => bytes.set(counts),
  });
  const show = (view: UpdateView): void => {
    bytes.keep();
    model.publish(`${base}BytesReused`, String(bytes.now().reused));
    model.publish(`${base}BytesFetched`, String(bytes.now().fetched));
    publishImages(model, slot, engine.images(heldVersion(args)));
    publishRequest(model, view);
    publishUpdate(model, view);
    model.publish(`${base}AwaitsAgreement`, String(engine.asks));
  };
  const hours = maintenanceHours();
  const httpTransport = createHttpTransport(undefined, certificates);
  const engine = createUpdateEngine({
    boot,
    disk: systemDisk,
    folder,
    store: store.values,
    transport: {
      open: async (request) =>
        await (request.url.startsWith("file:") ? fileTransport : httpTransport).open(request),
    },
    trustedKeys,
    ...(release.check && { release: release.check }),
    supply,
    product: "tonalite-agent",
    hardware: identity.hardware.id,
    version: identity.version,
    idle: () => telephony.use(),
    maintenance: (at) => hours(telephony.terms().provider?.rules.maintenance, at),
    quietTime: () => Number(model.value(`${base}QuietTime`)),
    // kbit/s, and bytes a second
    callBandwidth: () => Number(model.value(`${base}CallBandwidth`)) * 125,
    onRemind: (remind) => telephony.remind(remind ? (engine.asks ? "asks" : "waits") : null),
    registeredLines: () => telephony.registeredLines(),
    lineHealth: (line) => lineHealth(line, model),
    networkReachable: async () => await anyReachable(landmarks(model)),
    journal: store.journal,
    onState: show,
    onOutcome,
    restart,
    log,
    ...(recover === undefined ? {} : { timing: { health: { settle: 5, recover, extend: 24 * 3600 } } }),
  });
  takeUpdateOrders(model, engine, store.journal, log);
  telephony.onAgree(() => void engine.agree());
  return engine;
}

/** Looks for the next hours once, and again when they have come: a calendar is slow to read. */
function maintenanceHours(): (rule: MaintenanceRule | undefined, at: Date) => MaintenanceHours | null {
  let known: { rule: MaintenanceRule; from: number; until: number; hours: MaintenanceHours } | undefined;
  return (rule, at) => {
    if (!rule) return null;
    const now = at.getTime();
    if (known?.rule === rule && now >= known.from && now < known.until) return known.hours;
    const opens = nextMaintenanceTime(rule, at);
    const { clause } = rule;
    const open = opens?.getTime() === now;
    const hours: MaintenanceHours = open
      ? { clause, open }
      : { clause, open: false, opens: opens?.toISOString() ?? null };
    // Hours begin and end on quarters.
    const until = open || !opens ? now + 60_000 : opens.getTime();
    known = { rule, from: now, until, hours };
    return hours;
  };
}

/** What the ACS set before its Download: how hard the update presses, and by which clause. */
export function updatePolicy(model: DataModel): UpdatePolicy {
  return {
    urgent: model.value(`${base}PolicyUrgent`) === "true",
    mirrors: model
      .value(`${base}PolicyMirrors`)
      .split(",")
      .map((url) => url.trim())
      .filter((url) => url !== "")
      .slice(0, 8),
    clause: model.value(`${base}PolicyClause`),
    deadline: model.value(`${base}PolicyDeadline`),
    force: model.value(`${base}PolicyForce`) === "true",
  };
}

/** Slots a and b stand as FirmwareImage 1 and 2. */
function publishImages(
  model: DataModel,
  running: SlotName,
  { slots, boot }: ReturnType<UpdateEngine["images"]>,
): void {
  const info = "Device.DeviceInfo.";
  for (const [index, name] of slotName.options.entries()) {
    const image = `${info}FirmwareImage.${index + 1}`;
    const { status, version, available, bootFailureLog } = slots[name];
    model.publish(`${image}.Version`, version.slice(0, 64));
    model.publish(`${image}.Available`, String(available));
    model.publish(`${image}.BootFailureLog`, bootFailureLog);
    model.publish(`${image}.Status`, status);
    if (name === running) model.publish(`${info}ActiveFirmwareImage`, image);
    if (name === boot) model.publish(`${info}BootFirmwareImage`, image);
  }
}

/** The USP command under way, as long as it is (TR-369 §7.7: rows of finished requests may go at once). */
function publishRequest(model: DataModel, { command, commandKey }: UpdateView): void {
  const table = "Device.LocalAgent.Request.";
  const row = updateRequestPath.slice(0, -1);
  const shown = model.instances(table).length > 0;
  if (command === "") {
    if (shown) model.removeInstance(table, 1);
    return;
  }
  if (!shown) model.addInstance(table, 1);
  model.publish(`${row}.Originator`, model.value("Device.LocalAgent.Controller.1.EndpointID"));
  model.publish(`${row}.Command`, command);
  model.publish(`${row}.CommandKey`, commandKey);
  model.publish(`${row}.Status`, "Active");
}

/** State last: it is what a change is told for, and the rest belongs to it. */
function publishUpdate(
  model: DataModel,
  { state, reason, clause, version, deadline, commandKey }: UpdateView,
): void {
  model.publish(`${base}Reason`, reason.slice(0, 256));
  model.publish(`${base}Clause`, clause.slice(0, 64));
  model.publish(`${base}Version`, version.slice(0, 64));
  model.publish(`${base}Deadline`, deadline === "" ? "0001-01-01T00:00:00Z" : deadline);
  model.publish(`${base}CommandKey`, commandKey.slice(0, 32));
  model.publish(`${base}State`, state);
}

function lineHealth(line: number, model: DataModel): LineHealth {
  const status = model.value(`${linePaths(line - 1).client}Status`);
  if (status === "Up") return { line, status: "registered" };
  if (status === "Disabled") return { line, status: "disabled" };
  return { line, status: "down", words: status };
}

/** Servers the box needs anyway: the SIP server of its first line, and the ACS. */
function landmarks(model: DataModel): Landmark[] {
  const { network } = linePaths(0);
  const value = (name: string): string => model.value(network + name);
  const proxy = value("ProxyServer");
  const host = proxy || value("RegistrarServer");
  const port = Number(value(proxy ? "ProxyServerPort" : "RegistrarServerPort")) || 5060;
  const acs = URL.parse(model.value("Device.ManagementServer.URL"));
  return [
    ...(host === ""
      ? []
      : [
          {
            kind: value("ProxyServerTransport") === "UDP" ? ("sip-udp" as const) : ("tcp" as const),
            host,
            port,
          },
        ]),
    ...(acs
      ? [
          {
            kind: "tcp" as const,
            host: acs.hostname,
            port: Number(acs.port) || (acs.protocol === "https:" ? 443 : 80),
          },
        ]
      : []),
  ];
}
