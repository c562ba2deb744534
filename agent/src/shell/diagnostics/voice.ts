import {
  echoCallOutcome,
  lineOutcome,
  refusedOutcome,
  registrationOutcome,
  type RegistrationStep,
  ringOutcome,
  type TestOutcome,
} from "../../core/diagnostics/index.ts";
import type { EngineCallEnded } from "../../core/engine-event.ts";
import { isSubscriber, type LineForTests, type TestBench } from "../telephony/test-bench.ts";
import type { TestContext } from "./host.ts";

/** A far end that has not answered by then will not. Milliseconds. */
const answerMs = 20_000;
/** RFC 3261 §17.1.2.2: a request that nobody answers has failed after 64 * T1. */
const registrationMs = 35_000;
/** A proxy that fails may have a successor, whose turn begins at once. */
const successorMs = 2000;
const ringMs = 4000;
/** The figures of a call come with its end. */
const endMs = 5000;

/** Tests of the voice service (Device.X_TONALITE_Voice.Test.): whoever lifts the handset, or calls, ends them. */
export async function testVoice({ bench, setting, signal }: TestContext): Promise<TestOutcome> {
  const number = Number(setting("Line")) - 1;
  if (setting("Kind") === "Line") return testLine(bench, number);
  const line = bench.take(number);
  if (typeof line === "string") return refusedOutcome(line);
  try {
    const kind = setting("Kind");
    if (kind === "Ring") return await testBell(line, signal);
    if (kind === "Registration") return await testRegistration(line, signal);
    return await callEcho(line, setting("Number"), Number(setting("Duration")), signal);
  } finally {
    line.release();
  }
}

/** Asks nothing of the line but its hook, so that it disturbs nobody. */
function testLine(bench: TestBench, line: number): TestOutcome {
  try {
    return lineOutcome(bench.offHook(line));
  } catch (error) {
    return refusedOutcome(`the line cannot be asked: ${error instanceof Error ? error.message : "?"}`);
  }
}

/** Waits until `settle` is called, the test ends, or so long. */
function wait(ms: number, signal?: AbortSignal): { settle: () => void; settled: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const settle = (): void => resolve();
  const timer = setTimeout(settle, ms);
  signal?.addEventListener("abort", settle, { once: true });
  if (signal?.aborted === true) settle();
  const settled = promise.finally(() => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", settle);
  });
  return { settle, settled };
}

async function callEcho(
  line: LineForTests,
  number: string,
  seconds: number,
  signal: AbortSignal,
): Promise<TestOutcome> {
  const forbidden = number === "" ? "no number was given" : line.forbids(number);
  if (forbidden !== undefined) return refusedOutcome(forbidden);
  let call: number;
  try {
    call = line.call(number);
  } catch (error) {
    return refusedOutcome(`the call could not be placed: ${error instanceof Error ? error.message : "?"}`);
  }
  const over = new AbortController();
  const limit = AbortSignal.any([signal, over.signal]);
  const answer = wait(answerMs, limit);
  const end = wait(answerMs + seconds * 1000 + endMs);
  let answered = false;
  let madeWay = false;
  let ended: EngineCallEnded | undefined;
  line.listen((event) => {
    if (isSubscriber(event)) {
      madeWay = true;
      // At once: a caller must not wait for this test to notice.
      line.hangUp(call);
      over.abort();
    }
    if (event.event !== "call" || event.call !== call) return;
    if (event.state === "established") {
      answered = true;
      answer.settle();
    }
    if (event.state !== "ended") return;
    ended = event;
    over.abort();
    end.settle();
  });
  await answer.settled;
  if (answered) await wait(seconds * 1000, limit).settled;
  line.hangUp(call);
  await Promise.race([end.settled, wait(endMs).settled]);
  end.settle();
  return echoCallOutcome(number, ended, madeWay);
}

async function testRegistration(line: LineForTests, signal: AbortSignal): Promise<TestOutcome> {
  const begun = performance.now();
  const steps: RegistrationStep[] = [];
  const result = wait(registrationMs, signal);
  let successor: NodeJS.Timeout | undefined;
  line.listen((event) => {
    if (event.event !== "registration") return;
    const { code, expires, proxy, reason, state } = event;
    steps.push({ afterMs: Math.round(performance.now() - begun), state, code, reason, expires, proxy });
    clearTimeout(successor);
    if (state === "registered") result.settle();
    if (state === "failed") successor = setTimeout(() => result.settle(), successorMs);
  });
  const begins = line.register();
  if (!begins) result.settle();
  await result.settled;
  clearTimeout(successor);
  return begins ? registrationOutcome(steps) : refusedOutcome("the line has no SIP account");
}

async function testBell(line: LineForTests, signal: AbortSignal): Promise<TestOutcome> {
  let rings = 0;
  let ending: "lifted" | "called" | "quiet" = "quiet";
  const result = wait(ringMs, signal);
  line.listen((event) => {
    if (event.event === "ring") rings = event.count;
    if (!isSubscriber(event)) return;
    ending = event.event === "hook" ? "lifted" : "called";
    // Before the line's own ring begins.
    line.ring(false);
    result.settle();
  });
  line.ring(true);
  await result.settled;
  if (ending === "quiet") line.ring(false);
  return ringOutcome(rings, ending);
}
