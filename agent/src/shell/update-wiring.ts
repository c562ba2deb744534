import { join } from "node:path";
import type { DataModel } from "../core/data-model/index.ts";
import { linePaths } from "../core/provisioning/index.ts";
import type { LineHealth } from "../core/update/index.ts";
import type { AgentArguments } from "./arguments.ts";
import type { Identity } from "./identity.ts";
import type { Log } from "./logging.ts";
import type { Store } from "./store/store.ts";
import type { Telephony } from "./telephony/telephony.ts";
import {
  anyReachable,
  createFolderSlots,
  createUpdateEngine,
  httpTransport,
  loadTrustedKeys,
  systemDisk,
  watchdogAlive,
} from "./update/index.ts";
import type { Landmark, UpdateEngine, UpdateReport, UpdateView } from "./update/index.ts";

const base = "Device.X_TONALITE_Update.";

/** Builds the update engine of this box; `resumeAtBoot` starts it. */
export function wireUpdates(options: {
  args: AgentArguments;
  identity: Identity;
  model: DataModel;
  store: Store;
  telephony: Telephony;
  onOutcome: (report: UpdateReport) => void;
  restart: () => void;
  log: Log;
}): UpdateEngine {
  const { args, identity, model, store, telephony, onOutcome, restart, log } = options;
  const { state, slot } = args;
  const recover = args["trial-seconds"];
  return createUpdateEngine({
    boot: createFolderSlots({
      disk: systemDisk,
      stateFolder: state,
      running: { slot, trial: args.trial === "1" },
      alive: watchdogAlive,
    }),
    disk: systemDisk,
    folder: join(state, "update"),
    store: store.values,
    transport: httpTransport,
    trustedKeys: loadTrustedKeys(args.trust ?? join(state, "factory/trust")),
    product: "tonalite-agent",
    hardware: identity.hardware.id,
    version: identity.version,
    idle: () => telephony.use(),
    registeredLines: () => telephony.registeredLines(),
    lineHealth: (line) => lineHealth(line, model),
    networkReachable: async () => await anyReachable(landmarks(model)),
    journal: store.journal,
    onState: (view) => publishUpdate(model, view),
    onOutcome,
    restart,
    log,
    ...(recover === undefined ? {} : { timing: { health: { settle: 5, recover, extend: 24 * 3600 } } }),
  });
}

/** What the ACS set before its Download: how hard the update presses, and by which clause. */
export function updatePolicy(model: DataModel): { clause: string; deadline: string; force: boolean } {
  return {
    clause: model.value(`${base}PolicyClause`),
    deadline: model.value(`${base}PolicyDeadline`),
    force: model.value(`${base}PolicyForce`) === "true",
  };
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
            kind: value("ProxyServerTransport") === "TCP" ? ("tcp" as const) : ("sip-udp" as const),
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
