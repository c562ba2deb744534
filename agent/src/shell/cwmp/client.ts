import {
  AttributeTable,
  composeInform,
  type Cpe,
  type CpeEffect,
  type CpeEvent,
  type CwmpNamespace,
  type CwmpMessage,
  encodeEnvelope,
  executeRpc,
  type QueuedTransfer,
  retryWait,
  startCpe,
  stepCpe,
  type Transfer,
} from "../../core/cwmp/index.ts";
import { Authentication } from "../net/authentication.ts";
import { systemClock } from "./clock.ts";
import type { CwmpClient, CwmpClientOptions } from "./contract.ts";
import { Doors } from "./doors.ts";
import { answerTo, describe, maximumAnswer, maximumExchanges, tooLong } from "./exchange.ts";
import { createFileServices } from "./files.ts";
import { HttpSession } from "./http-session.ts";
import { watchLight } from "./light-notifications.ts";
import { connectionRequestUrlPath, managementSettings } from "./settings.ts";
import { watchModel } from "./triggers.ts";
import { Transfers } from "./transfers.ts";
import { newest, offered, oldest, settled, transferFault } from "./versions.ts";

const longestTimer = 3_600_000;

/** The device's side of CWMP: executes the effects of the session machine, one session at a time. */
export function createCwmpClient(options: CwmpClientOptions): CwmpClient {
  const { clock = systemClock, hooks, log, model, random = Math.random, timeout = 30_000 } = options;
  const { host = "0.0.0.0", port = 0 } = options.connectionRequest ?? {};
  const { view = model } = options;
  const settings = managementSettings(model);
  const attributes = new AttributeTable(view, hooks.loadAttributes(), (kept) => hooks.saveAttributes(kept));
  const authentication = new Authentication(settings.credentials);
  const doors = new Doors({
    model,
    settings,
    host,
    port,
    onRequest: () => dispatch({ event: "occurred", eventCode: "6 CONNECTION REQUEST", commandKey: "" }),
    clock,
    log,
  });
  const ended = new AbortController();
  const transfers = new Transfers({
    load: () => hooks.loadTransfers(),
    save: (queue) => hooks.saveTransfers(queue),
    others: () => [...hooks.downloads(), ...cpe.transfers.map(untold)],
    download: (request, windows) => hooks.download(request, windows),
    cancelDownload: (commandKey) => hooks.cancelDownload(commandKey),
    ...createFileServices({
      model,
      logFile: () => hooks.logFile(),
      takeSounds: (kind, bytes) => hooks.takeSounds(kind, bytes),
      timeout,
      signal: ended.signal,
      ...(options.certificates === undefined ? {} : { certificates: options.certificates }),
    }),
    report: (transfer) => dispatch({ event: "transferred", transfer }),
    clock,
    log,
  });
  let cpe: Cpe = startCpe("", []);
  let session: HttpSession | undefined;
  let exchanges = 0;
  let messages = 0;
  let lastSent = "";
  let sessionEnd = 0;
  let namespace: CwmpNamespace = newest;
  /** The ACS chose by header, which holds for the session. */
  let chosen = false;
  let cancelRetry = (): void => {};
  let unwatch = (): void => {};
  let unwatchLight = (): void => {};
  let cancelScheduled = (): void => {};
  let running = false;

  function dispatch(event: CpeEvent): void {
    if (!running) return;
    const step = stepCpe(cpe, event);
    // What cannot be kept has not happened: a store that fails leaves the machine where it was.
    for (const effect of step.effects) if (effect.do === "save") hooks.saveEvents(effect.events);
    cpe = step.cpe;
    for (const effect of step.effects) perform(effect);
  }

  function perform(effect: CpeEffect): void {
    switch (effect.do) {
      case "inform":
        cancelRetry();
        void openSession(effect);
        break;
      case "send":
        void exchange(envelope(effect.body, effect.id));
        break;
      case "send-again":
        void exchange(lastSent);
        break;
      case "send-nothing":
        void exchange("");
        break;
      case "execute":
        void execute(effect.request);
        break;
      case "close":
        session?.close();
        session = undefined;
        sessionEnd = clock.now();
        // After the present effects: what waited for the end may ask for the next session.
        queueMicrotask(() => hooks.sessionEnded?.());
        break;
      case "wait": {
        const wait = retryWait(effect.failures, settings.retry(), random());
        log.warn({ reason: effect.reason, failures: effect.failures, waitMs: wait }, "cwmp: session failed");
        cancelRetry = clock.after(wait, () => dispatch({ event: "retry-due" }));
        break;
      }
      case "save":
        break;
      case "reboot":
        hooks.reboot(effect.commandKey);
        break;
      case "factory-reset":
        hooks.factoryReset();
        break;
      case "log":
        log.info({}, `cwmp: ${effect.message}`);
        break;
    }
  }

  async function openSession(effect: Extract<CpeEffect, { do: "inform" }>): Promise<void> {
    const { old, url, ...reason } = effect;
    try {
      const { certificates, identity } = options;
      session = new HttpSession({
        url,
        authentication,
        timeout,
        maximumBytes: maximumAnswer,
        compress: settings.compression() === "GZIP",
        ...(certificates === undefined ? {} : { certificates }),
        ...(identity === undefined ? {} : { identity }),
      });
    } catch (error) {
      // After the present effects: the machine is still at work.
      queueMicrotask(() => dispatch({ event: "failed", reason: describe(error) }));
      return;
    }
    exchanges = 0;
    namespace = old ? oldest : newest;
    chosen = false;
    const mine = session;
    await doors.publishUrl(url, () => running);
    if (session !== mine) return;
    log.debug({ events: reason.events.map(({ eventCode }) => eventCode) }, "cwmp: session opens");
    await exchange(envelope(composeInform(view, { ...reason, now: clock.now() })));
  }

  /** Sends, and hands the answer to the machine. */
  async function exchange(text: string): Promise<void> {
    const mine = session;
    if (mine === undefined) return;
    exchanges += 1;
    lastSent = text;
    const event = exchanges > maximumExchanges ? tooLong : await answerTo(mine, text);
    if (session === mine && event.event === "received" && !chosen) {
      namespace = settled(event.envelope);
      chosen = event.envelope.useVersion !== undefined;
    }
    conclude(mine, event);
  }

  function scheduleInform(delaySeconds: number, commandKey: string): void {
    dispatch({ event: "schedule", at: clock.now() + delaySeconds * 1000, commandKey });
    armScheduled();
  }

  /** Waits for the next ScheduleInform; in steps, for timers are short and clocks are set. */
  function armScheduled(): void {
    cancelScheduled();
    if (cpe.scheduled.length === 0) return;
    const wait = Math.min(...cpe.scheduled.map(({ at }) => at)) - clock.now();
    cancelScheduled = clock.after(Math.min(Math.max(wait, 0), longestTimer), () => {
      dispatch({ event: "time", now: clock.now() });
      armScheduled();
    });
  }

  async function execute(request: CwmpMessage): Promise<void> {
    const mine = session;
    log.debug({ method: request.method }, "cwmp: request of the ACS");
    const context = {
      model: view,
      attributes,
      transfers,
      scheduleInform,
      download: hooks.download.bind(hooks),
    };
    const { body, later = {} } = await executeRpc(request, context, (error) =>
      log.error({ error, method: request.method }, "cwmp: an RPC failed"),
    );
    conclude(mine, { event: "executed", body, later });
  }

  /** What came of an asynchronous step, unless its session is over. A store that fails ends the session. */
  function conclude(mine: HttpSession | undefined, event: CpeEvent): void {
    if (session !== mine) return;
    try {
      dispatch(event);
    } catch (error) {
      log.error({ error }, "cwmp: a step failed");
      dispatch({ event: "failed", reason: describe(error) });
    }
  }

  function envelope(body: CwmpMessage, id?: string): string {
    messages += 1;
    const offer = body.method === "Inform" && namespace === newest;
    return encodeEnvelope({
      id: id ?? String(messages),
      ...(offer ? { supportedVersions: offered } : {}),
      namespace,
      body: inVersion(body),
    });
  }

  function inVersion(body: CwmpMessage): CwmpMessage {
    if (body.method !== "TransferComplete") return body;
    const told = cpe.transfers.find(({ commandKey }) => commandKey === body.commandKey);
    const code = transferFault(body.fault.code, namespace, told?.event === "M Upload");
    return { ...body, fault: { ...body.fault, code } };
  }

  return {
    async start() {
      await doors.open();
      running = true;
      cpe = startCpe(settings.url(), hooks.loadEvents(), settings.enabled());
      const lastSession = (): number => sessionEnd;
      unwatch = watchModel({ model, view, attributes, settings, clock, random, dispatch, lastSession });
      unwatchLight = watchLight({ view, attributes, settings, clock, log });
      transfers.start();
      dispatch({ event: "occurred", eventCode: "1 BOOT", commandKey: "" });
      armScheduled();
    },
    async stop() {
      dispatch({ event: "stopping" });
      running = false;
      cancelRetry();
      cancelScheduled();
      transfers.stop();
      ended.abort();
      unwatch();
      unwatchLight();
      session?.close();
      session = undefined;
      await doors.close();
    },
    informNow: (eventCode, commandKey = "") => dispatch({ event: "occurred", eventCode, commandKey }),
    transferComplete(outcome) {
      const transfer = transfers.settle(outcome);
      dispatch({ event: "transferred", transfer });
      transfers.forget(transfer);
    },
    transferCancelled: (commandKey) => transfers.forget({ commandKey, event: "M ScheduleDownload" }),
    call: (call) => dispatch({ event: "called", call }),
    get connectionRequestUrl() {
      return model.value(connectionRequestUrlPath);
    },
  };
}

/** A transfer that is over, and that the ACS has not confirmed yet. */
const untold = ({ commandKey, event }: Transfer): QueuedTransfer => ({
  commandKey,
  state: 3,
  isDownload: event !== "M Upload",
  fileType: event === "M Upload" ? "1 Vendor Configuration File" : "1 Firmware Upgrade Image",
  fileSize: 0,
  targetFileName: "",
});
