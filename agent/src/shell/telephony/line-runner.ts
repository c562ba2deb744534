import type { EngineCallEvent, EngineEvent, EngineFaxEvent } from "../../core/engine-event.ts";
import { initialLine, stepLine } from "../../core/line/index.ts";
import type { FeatureChange, LineContext, LineEvent, LineState } from "../../core/line/index.ts";
import type { VoiceEngine } from "../../core/ports.ts";
import { faxTerms } from "../../core/terms/index.ts";
import type { AppliedTerm } from "../../core/records/index.ts";
import type { Log } from "../logging.ts";
import type { CallMemory } from "./call-history.ts";
import type { CallLog } from "./call-log.ts";
import { LineEffects } from "./line-effects.ts";

export type LineRunnerOptions = {
  /** From 0, as the engine counts. */
  readonly line: number;
  readonly engine: VoiceEngine;
  readonly calls: CallLog;
  /** Asked before every step: terms and registration as they are now. */
  readonly context: () => LineContext;
  /** The subscriber's own number, for records. */
  readonly ownNumber: () => string;
  /** Whether caller identification is sent (TR-104 FXS ClipGeneration). */
  readonly identifyCallers: () => boolean;
  readonly onState: (state: LineState) => void;
  /** The subscriber agreed to an update by its code. */
  readonly onAgree: () => void;
  /** The subscriber changed a feature at the telephone. */
  readonly onFeature: (change: FeatureChange) => void;
  readonly memory: CallMemory;
  readonly log: Log;
};

/** One line at work: feeds the line machine with what the engine tells, and has its effects carried out in order. */
export class LineRunner {
  readonly #options: LineRunnerOptions;
  readonly #effects: LineEffects;
  readonly #queue: LineEvent[] = [];
  #state: LineState = initialLine;
  #running = false;
  #lastDigitUs = 0;
  #dialDelayMs: number | null = null;

  constructor(options: LineRunnerOptions) {
    this.#options = options;
    this.#effects = new LineEffects(options, (event) => this.dispatch(event));
  }

  get state(): LineState {
    return this.#state;
  }

  /** From the end of the last digit to the INVITE, milliseconds, by the engine's clock; null before the first call. */
  get dialDelayMs(): number | null {
    return this.#dialDelayMs;
  }

  /** Takes an event; events that effects bring about wait for their turn. */
  dispatch(event: LineEvent): void {
    this.#queue.push(event);
    if (this.#running) return;
    this.#running = true;
    try {
      for (let next = this.#queue.shift(); next; next = this.#queue.shift()) this.#step(next);
    } finally {
      this.#running = false;
    }
  }

  /** Takes what the engine tells of this line. */
  take(event: EngineEvent): void {
    switch (event.event) {
      case "hook":
        return this.dispatch({ on: "hook", offHook: event.offHook });
      case "digit":
        this.#lastDigitUs = event.t;
        return this.dispatch({ on: "digit", digit: event.digit });
      case "call":
        return this.#takeCall(event);
      case "flash":
        return this.dispatch({ on: "flash" });
      case "fax":
        return this.#takeFax(event);
      case "ring":
      case "callerId":
      case "lamp":
      case "tone":
      case "registration":
      case "messages":
      case "subscription":
      case "remoteDigit":
      case "port":
      case "fault":
    }
  }

  stop(): void {
    this.#effects.stop();
  }

  #step(event: LineEvent): void {
    const { state, effects } = stepLine(this.#state, event, this.#options.context());
    const changed = state !== this.#state;
    this.#state = state;
    for (const effect of effects) this.#effects.perform(effect);
    if (changed) this.#options.onState(state);
  }

  #takeCall(event: EngineCallEvent): void {
    const { calls, line, log } = this.#options;
    const { call, sipCallId } = event;
    switch (event.state) {
      case "replacing":
        this.#options.memory.called(event.number);
        this.#openIncoming(event);
        return this.dispatch({ on: "replaced", call: event.replaces, by: call });
      case "incoming": {
        const { number, name, alert } = event;
        this.#options.memory.called(number);
        this.#openIncoming(event);
        return this.dispatch({ on: "incoming", call, number, name, ...(alert !== "" && { alert }) });
      }
      case "calling":
        this.#dialDelayMs = (event.t - this.#lastDigitUs) / 1000;
        return calls.amend(call, { sipCallId });
      case "ringing":
        calls.amend(call, { rang: true });
        return this.dispatch({ on: "ringback", call });
      case "early":
        return this.dispatch({ on: "early-media", call });
      case "established":
        calls.amend(call, { answeredAt: Date.now(), codec: event.codec });
        return this.dispatch({ on: "established", call });
      case "ended": {
        if (event.direction === "in" && !calls.calls.has(call)) this.#adopt(event);
        const closed = calls.close(event);
        if (closed === null) log.warn({ line: line + 1, call }, "an unknown call ended");
        return this.dispatch({ on: "ended", call, tone: closed?.tone ?? "busy" });
      }
      case "transfer":
        // RFC 3515 §2.4.5: a final answer of the new call tells how the transfer came out.
        if (event.final)
          this.dispatch({ on: "transferred", call, done: event.code >= 200 && event.code < 300 });
        return undefined;
      case "held":
      case "resumed":
      case "holding":
      case "retrieved":
    }
    return undefined;
  }

  #takeFax(event: EngineFaxEvent): void {
    const { calls, line, log, context } = this.#options;
    const { call } = event;
    const known = calls.calls.get(call)?.terms ?? [];
    switch (event.state) {
      case "began":
        log.info({ line: line + 1, call }, "a fax");
        calls.amend(call, { terms: withTerms(known, faxTerms(context().terms)) });
        return this.dispatch({ on: "fax", call, pages: 0, more: true });
      case "page":
        return this.dispatch({ on: "fax", call, pages: event.pages, more: event.more });
      case "ended": {
        const { mode, pages, rate, ecm, complete } = event;
        return calls.amend(call, {
          fax: { mode, pages, bitRate: rate, errorCorrection: ecm, complete },
        });
      }
      case "passThrough":
        return log.info(
          { line: line + 1, call, why: event.why, code: event.code },
          "the fax stays in the sound",
        );
      case "relay":
      case "sound":
    }
  }

  #openIncoming({ call, number, name, sipCallId }: EngineCallEvent): void {
    const { calls, line, ownNumber } = this.#options;
    calls.open({
      call,
      line,
      direction: "incoming",
      from: number,
      to: ownNumber(),
      name,
      sipCallId,
      terms: [],
    });
  }

  /** A call that the engine turned away by itself, the line's one call being up: it has a record like any other. */
  #adopt(event: EngineCallEvent & { state: "ended" }): void {
    this.#openIncoming(event);
    if (event.code === 486) this.#options.calls.amend(event.call, { decided: "busy" });
  }
}

/** A term that a call has already is not told twice. */
function withTerms(known: readonly AppliedTerm[], more: readonly AppliedTerm[]): AppliedTerm[] {
  const has = (term: AppliedTerm): boolean =>
    known.some(({ rule, effect }) => rule === term.rule && effect === term.effect);
  return [...known, ...more.filter((term) => !has(term))];
}
