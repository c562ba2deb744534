import {
  commandTest,
  type Desk,
  type DeskEffect,
  type DeskEvent,
  emptyDesk,
  isHeavy,
  outputArguments,
  stepDesk,
  type TestName,
  testOf,
  type TestOrder,
  type TestOutcome,
  testPaths,
} from "../../core/diagnostics/index.ts";
import type { Change, DataModel } from "../../core/data-model/index.ts";
import { faultCode, type OperateOutcome } from "../../core/usp/index.ts";
import type { Log } from "../logging.ts";
import type { TestBench } from "../telephony/test-bench.ts";
import { commandSettings } from "./command-settings.ts";
import type { TestContext } from "./host.ts";
import { showOutcome } from "./outcome.ts";
import { probeProgram } from "./probe.ts";

export type DiagnosticsOptions = {
  readonly model: DataModel;
  /** Folder of the running slot. */
  readonly slot: string | undefined;
  readonly bench: TestBench;
  /** A test that the ACS asked for has ended: event "8 DIAGNOSTICS COMPLETE". */
  readonly onComplete: () => void;
  /** A command has ended. */
  readonly onCommandEnd: (end: CommandEnd) => void;
  readonly log: Log;
};

export type CommandEnd = {
  id: string;
  command: string;
  commandKey: string;
  output: Record<string, string>;
};

export type Diagnostics = {
  /** Starts a test as a USP command; undefined for any other command. */
  operate(
    command: string,
    args: Readonly<Record<string, string>>,
    commandKey: string,
  ): OperateOutcome | undefined;
  /** A CWMP session is over: what it asked for may start. */
  sessionEnded(): void;
  /** Whether a call is up or being made. */
  callUp(up: boolean): void;
  stop(): void;
};

type Running = { abort: AbortController };
type Asked = { setting: (name: string) => string; command?: { path: string; key: string } };

/** Rows that stand for commands under way (TR-369 §7.7.2); row 1 is the update's. */
const requests = "Device.LocalAgent.Request.";

/** Runs the tests of TR-181's diagnostics as the data model and USP ask for them. */
export function startDiagnostics({
  model,
  slot,
  bench,
  onComplete,
  onCommandEnd,
  log,
}: DiagnosticsOptions): Diagnostics {
  const probe = probeProgram(slot);
  let desk: Desk = emptyDesk;
  let lastId = 0;
  const asked = new Map<number, Asked>();
  const running = new Map<number, Running>();
  const run = `${Date.now().toString(36)}-${process.pid}`;

  for (const kind of ["Ping", "TraceRoute"])
    for (const version of ["IPv4", "IPv6"])
      model.publish(`Device.IP.Diagnostics.${version}${kind}Supported`, String(probe !== undefined));

  function dispatch(event: DeskEvent): void {
    const step = stepDesk(desk, event);
    desk = step.desk;
    for (const effect of step.effects) perform(effect);
  }

  function perform(effect: DeskEffect): void {
    const { order } = effect;
    if (effect.do === "start") void start(order);
    else if (effect.do === "abort") running.get(order.id)?.abort.abort();
    else conclude(order, effect.outcome);
  }

  async function start(order: TestOrder): Promise<void> {
    const abort = new AbortController();
    running.set(order.id, { abort });
    const { setting = () => "" } = asked.get(order.id) ?? {};
    log.info({ test: order.test }, "diagnostics: a test starts");
    let outcome: TestOutcome;
    try {
      const { execute } = await import("./execute.ts");
      outcome = await execute(order.test, {
        setting,
        bound: bound(setting),
        signal: abort.signal,
        probe,
        bench,
      });
    } catch (error) {
      log.error({ test: order.test, reason: String(error) }, "diagnostics: a test failed inside the box");
      outcome = { state: "Error_Internal" };
    }
    running.delete(order.id);
    dispatch({ event: "ended", id: order.id, outcome });
  }

  function conclude(order: TestOrder, outcome: TestOutcome): void {
    const { command } = asked.get(order.id) ?? {};
    asked.delete(order.id);
    log.info({ test: order.test, state: outcome.state }, "diagnostics: a test ended");
    if (command === undefined) {
      showOutcome(model, order.test, outcome);
      if (order.by === "cwmp") onComplete();
      return;
    }
    const { key, path } = command;
    model.removeInstance(requests, order.id + 1);
    onCommandEnd({
      id: `${run}-${order.id}`,
      command: path,
      commandKey: key,
      output: outputArguments(outcome),
    });
  }

  function order(id: number, test: TestName, by: TestOrder["by"]): void {
    const size = Number(asked.get(id)?.setting("DataBlockSize") ?? 0);
    dispatch({ event: "requested", order: { id, test, by, heavy: isHeavy(test, size) } });
  }

  function openRequest(id: number, command: string, key: string): string {
    const row = `${requests}${id + 1}.`;
    model.addInstance(requests, id + 1);
    model.publish(`${row}Command`, command);
    model.publish(`${row}CommandKey`, key);
    model.provide(`${row}Status`, () => (running.has(id) ? "Active" : "Requested"));
    return row;
  }

  function bound(setting: (name: string) => string): TestContext["bound"] {
    const row = setting("Interface");
    if (row === "" || !model.hasObject(`${row}.`)) return undefined;
    const address = (kind: string): string | undefined => {
      const [first] = model.instances(`${row}.${kind}Address.`);
      return first === undefined ? undefined : model.value(`${row}.${kind}Address.${first}.IPAddress`);
    };
    return { name: model.value(`${row}.Name`), ipv4: address("IPv4"), ipv6: address("IPv6") };
  }

  function notice({ origin, path, value }: Change): void {
    const test = testOf(path);
    if (test === undefined || origin === "device") return;
    const statePath = `${testPaths[test]}DiagnosticsState`;
    if (path !== statePath) {
      // TR-181: another setting voids what is shown, and what runs. The state may be asked for in the same message.
      dispatch({ event: "withdrawn", test });
      if (model.value(statePath) !== "Requested") model.publish(statePath, "None");
      return;
    }
    if (value === "Requested") request(test, origin);
    else {
      dispatch({ event: "withdrawn", test });
      model.publish(statePath, "None");
    }
  }

  function request(test: TestName, origin: Change["origin"]): void {
    const id = (lastId += 1);
    if (origin === "cwmp") dispatch({ event: "session", open: true });
    asked.set(id, { setting: (name) => modelSetting(test, name) });
    // Once the whole message is in: its other settings count for this test.
    queueMicrotask(() => order(id, test, origin === "cwmp" ? "cwmp" : "other"));
  }

  function modelSetting(test: TestName, name: string): string {
    const path = testPaths[test] + name;
    return model.declaration(path) === undefined ? "" : model.value(path);
  }

  const unsubscribe = model.subscribe(notice);
  return {
    operate(command, args, commandKey) {
      const test = commandTest(command);
      if (test === undefined) return undefined;
      const settings = commandSettings(model, test, args);
      if (!settings.ok)
        return { state: "failed", code: faultCode.invalidCommandArguments, message: settings.problem };
      const id = (lastId += 1);
      asked.set(id, { setting: settings.setting, command: { path: command, key: commandKey } });
      const row = openRequest(id, command, commandKey);
      queueMicrotask(() => order(id, test, "usp-command"));
      return { state: "started", requestPath: row };
    },
    sessionEnded: () => dispatch({ event: "session", open: false }),
    callUp: (up) => {
      if (up !== desk.callUp) dispatch({ event: "call", up });
    },
    stop: () => {
      unsubscribe();
      for (const { abort } of running.values()) abort.abort();
    },
  };
}
