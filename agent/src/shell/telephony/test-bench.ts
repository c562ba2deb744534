import { presentCaller } from "../../core/calls/index.ts";
import type { EngineEvent } from "../../core/engine-event.ts";
import { EngineError, type VoiceEngine } from "../../core/ports.ts";
import { ringOf } from "../../core/provisioning/index.ts";
import { evaluateCall, type Terms } from "../../core/terms/index.ts";

/** What a test of a line may do; it makes way for the subscriber whenever he comes. Lines count from 0. */
export type LineForTests = {
  /** Calls without the telephone. @throws EngineError */
  call(number: string): number;
  hangUp(call: number): void;
  ring(on: boolean): void;
  /** Registers anew; false: there is no account, or a call is up. */
  register(): boolean;
  /** Why no test call may go there. */
  forbids(number: string): string | undefined;
  /** What the engine tells of the line while the test runs; the test's own calls are told to nobody else. */
  listen(listener: (event: EngineEvent) => void): void;
  /** Gives the line back. */
  release(): void;
};

/** Where tests get a line from, one at a time; a string says why there is none. */
export type TestBench = {
  take(line: number): LineForTests | string;
  /** @throws EngineError where there is no such line, or no voice */
  offHook(line: number): boolean;
};

export type BenchParts = {
  readonly engine: VoiceEngine;
  readonly lines: number;
  /** Why a test would be in somebody's way. */
  busy(line: number): string | undefined;
  register(line: number): boolean;
  terms(): Terms;
};

/**
 * Lends lines to tests.
 * @returns the bench, and what looks at each event before the line does: true, the event was the test's alone
 */
export function openBench(parts: BenchParts): { bench: TestBench; sees: (event: EngineEvent) => boolean } {
  const { engine } = parts;
  let lent: { line: number; calls: Set<number>; tell: (event: EngineEvent) => void } | undefined;

  function take(line: number): LineForTests | string {
    if (!Number.isInteger(line) || line < 0 || line >= parts.lines) return `there is no line ${line + 1}`;
    const busy = lent === undefined ? parts.busy(line) : "another test has a line";
    if (busy !== undefined) return busy;
    const calls = new Set<number>();
    const mine = { line, calls, tell: (_event: EngineEvent): void => {} };
    lent = mine;
    return {
      call(number) {
        const call = engine.dial(line, number, { probe: true });
        calls.add(call);
        return call;
      },
      hangUp: (call) => attempt(() => engine.hangUp(call, 0, "")),
      ring: (on) => {
        const { region } = parts.terms();
        const nobody = presentCaller("", "", region.countryCode);
        attempt(() => engine.ring(line, on ? ringOf(region, nobody, "", false) : null));
      },
      register: () => parts.register(line),
      forbids: (number) => forbids(number, parts.terms()),
      listen: (listener) => void (mine.tell = listener),
      release: () => {
        if (lent === mine) lent = undefined;
      },
    };
  }
  return {
    bench: { take, offHook: (line) => engine.offHook(line) },
    sees: (event) => {
      if (lent === undefined || event.line !== lent.line) return false;
      const own = event.event === "call" && lent.calls.has(event.call);
      lent.tell(event);
      return own;
    },
  };
}

/** Somebody wants the line: the handset is lifted, or a call comes in. */
export function isSubscriber(event: EngineEvent): boolean {
  return (event.event === "hook" && event.offHook) || (event.event === "call" && event.state === "incoming");
}

/** The terms hold for tests as for the subscriber; help is never called for a test, nor what costs more than a call. */
function forbids(number: string, terms: Terms): string | undefined {
  const verdict = evaluateCall(number, terms);
  const { category } = verdict.number;
  if (category === "emergency") return "no test call goes to an emergency service";
  if (verdict.verdict === "allowed")
    return category === "premium" ? "no test call goes to a premium number" : undefined;
  const [{ provider, clause }] = verdict.terms;
  return `the terms refuse this number (${provider}, ${clause})`;
}

/** The engine says no to what is over already. */
function attempt(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
  }
}
