import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import type { HardwareProfile } from "@tonalite/device-profiles";
import type { Download, StoredAttributes, StoredEvent } from "../../core/cwmp/index.ts";
import { createDeviceModel, type DataModel } from "../../core/data-model/index.ts";
import { createUspAgent, endpointIdOf, unknownCommand } from "../../core/usp/index.ts";
import { createCwmpClient, type CwmpClient, type CwmpLog, type PendingTransfer } from "../cwmp/index.ts";
import { type Identity, publishNames } from "../identity.ts";
import { fetchImageVersion } from "./image-version.ts";
import { createMqttConnection, systemClock } from "../mqtt/index.ts";

export type LightBoxLog = CwmpLog;

export type LightBoxOptions = {
  hardware: HardwareProfile;
  serialNumber: string;
  /** the firmware it says it runs at first */
  version: string;
  acs: { url: string; username: string; password: string };
  /** whether it connects to the broker that the ACS names to it */
  usp: boolean;
  /** milliseconds from power to the first session */
  bootMs: number;
  log: LightBoxLog;
  /** A session is over, well or not. */
  sessionEnded?: () => void;
  /** Whether an update fails this time (9010, download failure). */
  updateFails: () => boolean;
  /** Whether updates fetch their image whole, to burden the server; otherwise only its header. */
  wholeImages: boolean;
  /** An update is over. */
  updated?: (outcome: "done" | "failed") => void;
};

/** A box without line and disk: its data model and its management are the agent's own, what it should keep is in memory. */
export type LightBox = {
  readonly serialNumber: string;
  readonly model: DataModel;
  /** Whether it has power and has started. */
  readonly isUp: boolean;
  /** Starts it, or starts it anew; resolves when its first session is on its way. */
  powerOn: () => Promise<void>;
  powerOff: () => Promise<void>;
};

const sipClient = /^Device\.Services\.VoiceService\.1\.SIP\.Client\.\d+\.Enable$/;
const unknownTime = "0001-01-01T00:00:00Z";
const longestDownload = 600_000;

export function createLightBox(options: LightBoxOptions): LightBox {
  const { acs, bootMs, hardware, log, serialNumber } = options;
  const model = createDeviceModel({ lines: hardware.line.ports });
  const { oui, productClass } = hardware;
  const endpointId = endpointIdOf(oui, serialNumber);
  const identity: Identity = {
    hardware,
    oui,
    productClass,
    serial: serialNumber,
    endpointId,
    version: options.version,
  };
  publishNames(model, identity);
  for (const [name, value] of Object.entries({
    URL: acs.url,
    Username: acs.username,
    Password: acs.password,
  }))
    model.publish(`Device.ManagementServer.${name}`, value);
  // A registrar that never refuses.
  model.subscribe(({ path, value }) => {
    if (sipClient.test(path))
      model.publish(`${path.slice(0, -"Enable".length)}Status`, value === "true" ? "Up" : "Disabled");
  });

  const kept: { events: StoredEvent[]; attributes: StoredAttributes; transfers: PendingTransfer[] } = {
    events: [],
    attributes: {},
    transfers: [],
  };
  let cwmp: CwmpClient | undefined;
  let usp: { stop: () => Promise<void> } | undefined;
  let isUp = false;
  // Each power-on or -off makes those before it void.
  let turn = 0;

  const off = async (): Promise<void> => {
    turn += 1;
    isUp = false;
    const [client, broker] = [cwmp, usp];
    cwmp = usp = undefined;
    await Promise.all([client?.stop(), broker?.stop()]);
  };
  const on = async (): Promise<void> => {
    const mine = turn + 1;
    await off();
    await setTimeout(bootMs);
    if (mine !== turn) return;
    isUp = true;
    cwmp = startCwmp();
    if (options.usp) usp = startUsp();
    await cwmp.start();
  };
  const restart = (): void => {
    on().catch((error: unknown) => log.error({ error }, "a light box does not start"));
  };

  async function update(request: Download): Promise<void> {
    const startTime = new Date().toISOString();
    const outcome = await fetched(request);
    const isFine = typeof outcome === "string";
    options.updated?.(isFine ? "done" : "failed");
    const { commandKey } = request;
    if (!isFine) {
      // TR-069 A.3.3.2: a transfer that failed has no times.
      cwmp?.transferComplete({
        commandKey,
        fault: outcome,
        startTime: unknownTime,
        completeTime: unknownTime,
      });
      return;
    }
    await off();
    publishNames(model, { ...identity, version: outcome });
    const fault = { code: 0, string: "" };
    const completeTime = new Date().toISOString();
    kept.events = [...kept.events, { kind: "transfer", commandKey, fault, startTime, completeTime }];
    await on();
  }

  async function fetched(request: Download): Promise<string | { code: number; string: string }> {
    if (options.updateFails()) return { code: 9010, string: "Told to fail" };
    try {
      return await fetchImageVersion(request, options.wholeImages, AbortSignal.timeout(longestDownload));
    } catch (error) {
      return {
        code: 9010,
        string: error instanceof Error ? error.message.slice(0, 200) : "Download failure",
      };
    }
  }

  function startCwmp(): CwmpClient {
    return createCwmpClient({
      model,
      log,
      connectionRequest: { host: "127.0.0.1" },
      hooks: {
        download: async (request) => {
          setImmediate(() => {
            update(request).catch((error: unknown) => log.error({ error }, "a light box's update"));
          });
          return await Promise.resolve({ status: 1 });
        },
        cancelDownload: () => ({ faultCode: 9021, faultString: "A light box finishes what it began" }),
        reboot: restart,
        factoryReset: () => {
          kept.events = [];
          kept.attributes = {};
          kept.transfers = [];
          restart();
        },
        loadEvents: () => kept.events,
        saveEvents: (events) => (kept.events = events),
        loadAttributes: () => kept.attributes,
        saveAttributes: (attributes) => (kept.attributes = attributes),
        loadTransfers: () => kept.transfers,
        saveTransfers: (transfers) => (kept.transfers = transfers),
        downloads: () => [],
        logFile: () => "",
        takeSounds: () => "a light box has no line",
        sessionEnded: () => options.sessionEnded?.(),
      },
    });
  }

  function startUsp(): { stop: () => Promise<void> } {
    const agent = createUspAgent({
      model,
      endpointId,
      operate: (command) => {
        if (command === "Device.Reboot()") return { state: "done", afterReply: restart };
        if (command === "Device.ManagementServer.X_TONALITE_Connect()")
          return { state: "done", afterReply: () => cwmp?.informNow("6 CONNECTION REQUEST") };
        return unknownCommand(command);
      },
      log,
      clock: systemClock,
      random: Math.random,
      newMessageId: randomUUID,
    });
    const connection = createMqttConnection({ model, usp: agent, log });
    return {
      async stop() {
        await connection.stop();
        agent.stop();
      },
    };
  }

  return {
    serialNumber,
    model,
    get isUp() {
      return isUp;
    },
    powerOn: on,
    powerOff: off,
  };
}
