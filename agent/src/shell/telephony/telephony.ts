import {
  callStatus,
  dialPlan,
  faxValidated,
  featureValues,
  lineContext,
  lineFeatures,
  linePaths,
  lineSetup,
  numberingPlanOf,
  readTerms,
  reversesOnAnswer,
  termsPath,
  toneOf,
} from "../../core/provisioning/index.ts";
import type { TermsSource } from "../../core/provisioning/index.ts";
import type { DataModel } from "../../core/data-model/index.ts";
import type { DialPlan } from "../../core/dialling/index.ts";
import type { EngineEvent } from "../../core/engine-event.ts";
import type { VoiceEngine } from "../../core/ports.ts";
import type { Log } from "../logging.ts";
import { classifyNumber, numberRanges } from "../../core/terms/index.ts";
import type { Store } from "../store/store.ts";
import { signalAnswer } from "./answer-signal.ts";
import { openCallMemory } from "./call-history.ts";
import { openCallLog } from "./call-log.ts";
import type { LineUse, Telephony } from "./contract.ts";
import { watchCredit } from "./credit.ts";
import { endCalls } from "./end-calls.ts";
import { LineRunner } from "./line-runner.ts";
import { watchUse } from "./line-use.ts";
import { countCalls } from "./line-statistics.ts";
import { openMessageLamp } from "./message-lamp.ts";
import type { MessageLamp } from "./message-lamp.ts";
import { openMessageSubscription } from "./message-subscription.ts";
import type { MessageSubscription } from "./message-subscription.ts";
import { openPortStatus } from "./port-status.ts";
import type { PortStatus } from "./port-status.ts";
import { Registration } from "./registration.ts";
import { giveSignsOfLife } from "./sign-of-life.ts";
import { openBench } from "./test-bench.ts";

export type { LineReport, LineUse, Telephony } from "./contract.ts";

export type TelephonyOptions = {
  readonly engine: VoiceEngine;
  readonly model: DataModel;
  readonly store: Store;
  readonly profiles: TermsSource;
  /** PEM file of authorities that SIP over TLS believes beside the system's; "": none. */
  readonly authorities: string;
  readonly log: Log;
};

/** Which settings make a line's account, setup or decisions. */
const watched = ["Device.Services.VoiceService.1.", termsPath];

/** Runs every line of the box: the data model decides what they are, the engine does what they do. */
export function startTelephony({
  engine,
  model,
  store,
  profiles,
  authorities,
  log,
}: TelephonyOptions): Telephony {
  const value = (path: string): string => model.value(path);
  const count = profiles.hardware.line.ports;
  const numbers = Array.from({ length: count }, (_, line) => line);
  const countRecord = numbers.map((line) => countCalls(model, line));
  const calls = openCallLog(store, log, (record) => countRecord[record.line - 1]?.(record));
  let { terms, problem } = readTerms(value, profiles);
  let plan = readPlan();

  function readPlan(): DialPlan {
    const read = dialPlan(value, terms);
    // The region's numbers stand in: a map that cannot be read must not cost anybody the telephone.
    if (read.problem !== null) log.error({ problem: read.problem }, "the digit map cannot be used");
    return read.plan;
  }

  let notice: "waits" | "asks" | null = null;
  let agreed = (): void => {};
  const hasCall = (line: number): boolean => [...calls.calls.values()].some((call) => call.line === line);
  const lines = numbers.map((line) => openLine(line));
  const credit = watchCredit(calls, (line, event) => lines[line]?.runner.dispatch(event), log);

  function openLine(line: number): {
    runner: LineRunner;
    registration: Registration;
    lamp: MessageLamp;
    subscription: MessageSubscription;
    port: PortStatus;
  } {
    const paths = linePaths(line);
    const memory = openCallMemory(store.values, line);
    const lamp = openMessageLamp({ line, engine, model, region: () => terms.region, log });
    const registration: Registration = new Registration({
      line,
      engine,
      model,
      journal: store.journal,
      codecs: profiles.hardware.codecs,
      authorities,
      inCall: () => hasCall(line),
      onStatus: () => {
        runner.dispatch({ on: "context" });
        tellChange();
      },
      log,
    });
    const runner: LineRunner = new LineRunner({
      line,
      engine,
      calls,
      context: () => ({
        ...lineContext(
          value,
          terms,
          registration.status === "Up",
          plan,
          lineFeatures(line, value, memory.now),
        ),
        ...(notice !== null && { notice }),
        faxValidated: faxValidated(line, value),
      }),
      onAgree: () => agreed(),
      onFeature: (change) => {
        for (const [path, text] of Object.entries(featureValues(line, change))) model.publish(path, text);
      },
      memory,
      ownNumber: () => value(`${paths.callControl}DirectoryNumber`),
      identifyCallers: () => value(`${paths.port}ClipGeneration`) === "true",
      onState: (state) => {
        model.publish(`${paths.callControl}CallStatus`, callStatus(state));
        if (state.state === "on-hook") lamp.retry();
        signalAnswer(line, state, reversesOnAnswer(line, value, terms.region), engine, log);
        model.publish(`${paths.port}Active`, String(state.state !== "on-hook" && state.state !== "ringing"));
        tellChange();
      },
      log,
    });
    const subscription = openMessageSubscription(line, model, log);
    return { runner, registration, lamp, subscription, port: openPortStatus(line, model, log) };
  }

  const watch = watchUse(store.values);
  const use = (): LineUse => watch.judge(linesNow());
  function linesNow(): LineUse {
    const open = calls.calls.values().next().value;
    if (open) return { idle: false, why: `line ${open.line + 1} has a call`, call: true };
    for (const [line, { runner }] of lines.entries()) {
      const { state } = runner.state;
      if (state === "on-hook") continue;
      const call = state === "dialing" || state === "calling" || state === "ringing";
      return { idle: false, why: `line ${line + 1} is ${call ? "making a call" : "off the hook"}`, call };
    }
    return { idle: true };
  }

  const changeListeners: (() => void)[] = [];
  function tellChange(): void {
    watch.note(!linesNow().idle);
    for (const listener of changeListeners) listener();
  }

  function take(event: EngineEvent): void {
    if (event.event === "fault") {
      log.warn({ line: event.line + 1, errno: event.code, reason: event.message }, "engine fault");
      return;
    }
    const line = lines[event.line];
    if (!line) return;
    if (event.event === "call" && event.state === "ended") noteEmergency(event.call);
    if (event.event === "messages") {
      // RFC 3842 §5.2: a server that does not count says yes or no.
      line.lamp.told(event.waiting ? Math.max(1, event.new) : 0);
      line.runner.dispatch({ on: "context" });
      return;
    }
    if (event.event === "registration") line.registration.take(event);
    else if (event.event === "subscription") line.subscription.take(event);
    else if (event.event === "port") line.port.take(event);
    else line.runner.take(event);
    if (event.event !== "call" || event.state !== "ended") return;
    line.registration.apply();
    tellChange();
  }

  function noteEmergency(call: number): void {
    const { direction, to } = calls.calls.get(call) ?? {};
    if (direction !== "outgoing" || to === undefined) return;
    if (classifyNumber(to, numberRanges(terms)).category === "emergency") watch.emergencyCallEnded();
  }

  function provision(): void {
    ({ terms, problem } = readTerms(value, profiles));
    if (problem !== null) log.error({ problem }, "the terms cannot be applied");
    plan = readPlan();
    // Caller identification and logs speak the subscriber's time.
    process.env["TZ"] = terms.region.timeZone;
    for (const [line, { runner, registration, subscription, port }] of lines.entries()) {
      engine.lineSetup(line, lineSetup(line, value, profiles.hardware, terms.region));
      port.show();
      registration.provision(terms, problem);
      subscription.renew();
      runner.dispatch({ on: "context" });
    }
    credit.judge(terms);
  }

  let scheduled = false;
  const unsubscribe = model.subscribe(({ path, origin }) => {
    if (origin === "device" || !watched.some((prefix) => path.startsWith(prefix))) return;
    if (path === `${termsPath}Region`) publishNumberingPlan();
    if (scheduled) return;
    scheduled = true;
    // One write changes many parameters: they are applied together.
    setImmediate(() => {
      scheduled = false;
      provision();
    });
  });

  /** The region's numbering plan; what management changed of it is overwritten when it chooses another region. */
  function publishNumberingPlan(): void {
    const { region } = readTerms(value, profiles).terms;
    for (const [path, text] of Object.entries(numberingPlanOf(region))) model.publish(path, text);
  }

  const { bench, sees: isTests } = openBench({
    engine,
    lines: count,
    busy: (line) => {
      const { state } = lines[line]?.runner.state ?? { state: "" };
      const used = state !== "on-hook" || engine.offHook(line) || hasCall(line);
      return used ? `line ${line + 1} is in use` : undefined;
    },
    register: (line) => lines[line]?.registration.again() ?? false,
    terms: () => terms,
  });
  engine.onEvent((event) => {
    if (!isTests(event)) take(event);
  });
  provision();
  const endSigns = giveSignsOfLife(engine, () => toneOf(terms.region.tones.congestion));
  for (const [line, { runner }] of lines.entries()) {
    // A handset that was off before the agent started told nobody.
    if (engine.offHook(line)) runner.dispatch({ on: "hook", offHook: true });
  }

  return {
    use,
    registeredLines: () =>
      numbers.filter((line) => lines[line]?.registration.status === "Up").map((line) => line + 1),
    report: (line) => {
      const { runner, registration } = lines[line] ?? { runner: undefined, registration: undefined };
      if (!runner || !registration) throw new RangeError(`there is no line ${line + 1}`);
      return {
        line: line + 1,
        state: runner.state,
        offHook: engine.offHook(line),
        registration: registration.status,
        directoryNumber: value(`${linePaths(line).callControl}DirectoryNumber`),
        lastDialDelayMs: runner.dialDelayMs,
      };
    },
    bench,
    terms: () => terms,
    renewSounds: () => void ({ terms, problem } = readTerms(value, profiles)),
    endCalls: (patienceMs) => endCalls(calls, engine, log, patienceMs),
    remind: (next) => {
      if (next === notice) return;
      notice = next;
      for (const { runner } of lines) runner.dispatch({ on: "context" });
    },
    onAgree: (listener) => void (agreed = listener),
    onChange: (listener) => void changeListeners.push(listener),
    stop: () => {
      endSigns();
      unsubscribe();
      calls.stop();
      credit.stop();
      for (const { runner } of lines) runner.stop();
    },
  };
}
