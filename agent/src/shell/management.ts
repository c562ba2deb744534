import { randomUUID } from "node:crypto";
import type { QueuedTransfer, StoredAttributes, StoredEvent } from "../core/cwmp/index.ts";
import { createView, type DataModel, type ModelStyle } from "../core/data-model/index.ts";
import type { SoundKind } from "../core/provisioning/index.ts";
import type { UpdateWindow } from "../core/update/index.ts";
import { createUspAgent, unknownCommand } from "../core/usp/index.ts";
import type { Operate, UspAgent } from "../core/usp/index.ts";
import { isWelcome } from "../core/cwmp/index.ts";
import { createCwmpClient, logFile } from "./cwmp/index.ts";
import type { CwmpClient, PendingTransfer, TlsFiles, DownloadWindow } from "./cwmp/index.ts";
import { showJournal } from "./delivery/journal-table.ts";
import { notifyJournal } from "./delivery/journal-notify.ts";
import { deliverOperations } from "./delivery/operations.ts";
import { tellLiveValues } from "./delivery/live-values.ts";
import { type Diagnostics, startDiagnostics } from "./diagnostics/index.ts";
import type { Identity } from "./identity.ts";
import type { Log } from "./logging.ts";
import { createMqttConnection, systemClock } from "./mqtt/index.ts";
import type { MqttConnection } from "./mqtt/index.ts";
import type { Store } from "./store/store.ts";
import type { TestBench } from "./telephony/test-bench.ts";
import type { UpdateEngine, UpdateOrder, UpdateReport } from "./update/index.ts";
import { operateFirmware } from "./update-usp.ts";
import { updatePolicy } from "./update-wiring.ts";

const eventsKey = "cwmp.events";
const attributesKey = "cwmp.attributes";
const transfersKey = "cwmp.transfers";
const mqttStatus = "Device.MQTT.Client.1.Status";
/** Entries gather this long before the ACS is told of them over CWMP. */
const gatherMs = 2000;

export type ManagementOptions = {
  readonly model: DataModel;
  readonly store: Store;
  readonly identity: Identity;
  /** Asked when it is needed: it starts after the management side exists. */
  readonly updates: () => UpdateEngine | null;
  readonly runningSlot: "a" | "b";
  /** How CWMP servers see the data model. */
  readonly modelStyle: ModelStyle;
  /** Folder of the running slot. */
  readonly slotDirectory: string | undefined;
  /** Restarts the box once no call is up. */
  readonly restart: (why: string) => void;
  /** Forgets all settings, then restarts. */
  readonly factoryReset: (why: string) => void;
  /** Takes a file of tones or rings; why nothing changed. */
  readonly takeSounds: (kind: SoundKind, bytes: Uint8Array) => string | undefined;
  /** The lines, for tests of the voice service. */
  readonly bench: TestBench;
  /** For https with the ACS, and its broker. */
  readonly tls: TlsFiles;
  readonly log: Log;
};

export type Management = {
  readonly cwmp: CwmpClient;
  /** Tells the end of an update where it was asked for; durable when it returns. */
  updateEnded(report: UpdateReport): void;
  /** Whether a call is up or being made: tests of the network make way for it. */
  callUp(up: boolean): void;
  /** Asks the ACS for firmware (TR-069 A.4.2.2); an ACS that takes no such request is left alone. */
  askForFirmware(): void;
  stop(): Promise<void>;
};

/** Both ways the box is managed, CWMP and USP, and the delivery of its journal over whichever is there. */
export async function startManagement(options: ManagementOptions): Promise<Management> {
  const { model, store, log } = options;
  const diagnostics = startDiagnostics({
    model,
    slot: options.slotDirectory,
    bench: options.bench,
    onComplete: () => cwmp.informNow("8 DIAGNOSTICS COMPLETE"),
    onCommandEnd: (end) => operations.complete({ ...end, failure: null }),
    log,
  });
  const cwmp = startCwmp(options, diagnostics);
  const usp = startUsp(options, diagnostics, () => cwmp.informNow("6 CONNECTION REQUEST"));
  const connection: MqttConnection = createMqttConnection({
    model,
    usp,
    log,
    certificates: options.tls.certificates,
  });
  const connected = (): boolean => connection.connected;

  const table = showJournal(model, store.journal);
  const live = tellLiveValues(model, usp, connected);
  const notify = notifyJournal(store.journal, usp, connected, () => table.refresh(), log);
  const prompt = promptOverCwmp(store, cwmp, connected);
  model.subscribe(({ path, value }) => {
    if (path !== mqttStatus) return;
    if (value !== "Connected") {
      prompt.wake();
      return;
    }
    // The connection is told of a moment before it can be used.
    setImmediate(() => {
      notify.wake();
      live.tellAll();
    });
  });
  const operations = deliverOperations(store.values, usp, log);
  await cwmp.start();
  return {
    cwmp,
    updateEnded: ({ commandKey, fault, startTime, completeTime, outcome }) => {
      const { id, door = "cwmp", command = "" } = outcome.request;
      // TR-069 A.4.1.9: a transfer that was cancelled has no TransferComplete.
      if (door === "cwmp" && outcome.state === "cancelled") return cwmp.transferCancelled(commandKey);
      if (door === "cwmp") cwmp.transferComplete({ commandKey, fault, startTime, completeTime });
      else if (outcome.request.recall === undefined)
        tellUnasked(model, cwmp, { url: outcome.request.url, fault, startTime, completeTime });
      if (door !== "usp") return;
      operations.complete({ id, command, commandKey, failure: fault.code === 0 ? null : fault.string });
    },
    callUp: (up) => diagnostics.callUp(up),
    askForFirmware: () =>
      cwmp.call({ method: "RequestDownload", fileType: "1 Firmware Upgrade Image", arguments: [] }),
    stop: async () => {
      diagnostics.stop();
      notify.stop();
      prompt.stop();
      operations.stop();
      await Promise.all([cwmp.stop(), connection.stop()]);
      usp.stop();
    },
  };
}

/** A transfer that came by another door: the ACS hears of it when it wants to (TR-069 A.3.3.3). */
function tellUnasked(
  model: DataModel,
  cwmp: CwmpClient,
  { url, ...outcome }: Pick<UpdateReport, "fault" | "startTime" | "completeTime"> & { url: string },
): void {
  const call = {
    method: "AutonomousTransferComplete",
    announceUrl: "",
    transferUrl: url.slice(0, 1024),
    isDownload: true,
    fileType: "1 Firmware Upgrade Image",
    fileSize: 0,
    targetFileName: "",
    ...outcome,
  } as const;
  if (isWelcome(model, call)) cwmp.call(call);
}

function startCwmp(
  { model, modelStyle, store, updates, takeSounds, restart, factoryReset, tls, log }: ManagementOptions,
  diagnostics: Diagnostics,
): CwmpClient {
  return createCwmpClient({
    model,
    view: createView(model, modelStyle),
    log,
    ...tls,
    hooks: {
      download: async ({ url, commandKey, username, password }, windows) => {
        const order: UpdateOrder = {
          url,
          commandKey,
          username,
          password,
          ...updatePolicy(model),
          ...(windows && { windows: windows.map(updateWindowOf) }),
        };
        const answer = updates()?.request(order);
        if (answer === undefined) return { faultCode: 9001, faultString: "the box has no slots" };
        if (answer.accepted) return { status: 1 };
        return { faultCode: answer.fault.code, faultString: answer.fault.string };
      },
      cancelDownload: (commandKey) => {
        const answer = updates()?.cancel(commandKey);
        if (answer === undefined) return { faultCode: 9001, faultString: "the box has no slots" };
        if (answer.accepted) return undefined;
        return { faultCode: answer.fault.code, faultString: answer.fault.string };
      },
      reboot: () => restart("Reboot over CWMP"),
      factoryReset: () => factoryReset("FactoryReset over CWMP"),
      loadEvents: () => (store.values.get(eventsKey) ?? []) as StoredEvent[],
      saveEvents: (events) => store.values.set(eventsKey, events),
      loadAttributes: () => (store.values.get(attributesKey) ?? {}) as StoredAttributes,
      saveAttributes: (attributes) => store.values.set(attributesKey, attributes),
      loadTransfers: () => (store.values.get(transfersKey) ?? []) as PendingTransfer[],
      saveTransfers: (transfers) => store.values.set(transfersKey, transfers),
      downloads: () => underway(updates()),
      sessionEnded: () => diagnostics.sessionEnded(),
      logFile: () => logFile(model, store.journal),
      takeSounds,
    },
  });
}

/** A window of a ScheduleDownload as the update engine keeps it. */
function updateWindowOf({ opens, closes, mode, retries, message }: DownloadWindow): UpdateWindow {
  const [from, to] = [opens, closes].map((time) => new Date(time).toISOString());
  return { opens: from ?? "", closes: to ?? "", mode, retries, message: message.slice(0, 256) };
}

/** The update engine's work as CWMP lists it; what has ended is told by its TransferComplete. */
function underway(updates: UpdateEngine | null): QueuedTransfer[] {
  const { commandKey = "", state = "idle" } = updates?.view ?? {};
  if (["idle", "committed", "rolled-back", "rejected", "cancelled", "available"].includes(state)) return [];
  const file = { fileType: "1 Firmware Upgrade Image", fileSize: 0, targetFileName: "" };
  return [
    { commandKey, state: state === "checking" || state === "waiting" ? 1 : 2, isDownload: true, ...file },
  ];
}

/** @param connect opens a CWMP session: a connection request (TR-069 §3.2.2) by the way that is open already */
function startUsp(options: ManagementOptions, diagnostics: Diagnostics, connect: () => void): UspAgent {
  const { model, identity, updates, runningSlot, restart, factoryReset, log } = options;
  const operate: Operate = (command, args, commandKey) => {
    if (command === "Device.Reboot()") return { state: "done", afterReply: () => restart("Reboot over USP") };
    if (command === "Device.FactoryReset()") {
      return { state: "done", afterReply: () => factoryReset("FactoryReset over USP") };
    }
    if (command === "Device.ManagementServer.X_TONALITE_Connect()")
      return { state: "done", afterReply: connect };
    const firmware = {
      updates: updates(),
      running: runningSlot,
      policy: () => updatePolicy(model),
    };
    return (
      operateFirmware(command, args, commandKey, firmware) ??
      diagnostics.operate(command, args, commandKey) ??
      unknownCommand(command)
    );
  };
  return createUspAgent({
    model,
    endpointId: identity.endpointId,
    operate,
    log,
    clock: systemClock,
    random: Math.random,
    newMessageId: randomUUID,
  });
}

/**
 * Without USP the ACS learns of new entries by an Inform (PendingEntries is in each) and reads the table. It comes as a
 * periodic one before its time: a value change is for parameters whose notification the ACS may switch.
 */
function promptOverCwmp(
  store: Store,
  cwmp: CwmpClient,
  connected: () => boolean,
): { wake(): void; stop(): void } {
  let timer: NodeJS.Timeout | undefined;
  const wake = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      if (!connected() && store.journal.pendingCount() > 0) cwmp.informNow("2 PERIODIC");
    }, gatherMs);
  };
  store.journal.onAppend(wake);
  return { wake, stop: () => clearTimeout(timer) };
}
