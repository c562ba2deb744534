import type { ToneName } from "@tonalite/device-profiles";
import { presentCaller } from "../../core/calls/index.ts";
import type { EngineCallEvent, EngineEvent, EngineFaxEvent } from "../../core/engine-event.ts";
import { initialLine, stepLine } from "../../core/line/index.ts";
import type { FeatureChange, LineContext, LineEffect, LineEvent, LineState } from "../../core/line/index.ts";
import { EngineError } from "../../core/ports.ts";
import type { VoiceEngine } from "../../core/ports.ts";
import { faxTerms } from "../../core/terms/index.ts";
import { callerIdOf, ringOf, toneOf } from "../../core/provisioning/index.ts";
import type { AppliedTerm } from "../../core/records/index.ts";
import type { Log } from "../logging.ts";
import type { CallMemory } from "./call-history.ts";
import type { CallLog } from "./call-log.ts";
import { lineTimers } from "./timers.ts";

/** RFC 3261 §21.3.3; the engine names the new target in the Contact of its answer. */
const movedTemporarily = 302;
/** Silence between the call waiting tone and the alert, as between the two in a telephone exchange. */
const afterToneMs = 60;

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

/** One line at work: feeds the line machine with what the engine tells, and carries out its effects in order. */
export class LineRunner {
  readonly #options: LineRunnerOptions;
  readonly #timers = lineTimers((timer, call) =>
    this.dispatch({ on: "timer", timer, ...(call !== undefined && { call }) }),
  );
  readonly #queue: LineEvent[] = [];
  #state: LineState = initialLine;
  #running = false;
  #lastDigitUs = 0;
  #dialDelayMs: number | null = null;

  constructor(options: LineRunnerOptions) {
    this.#options = options;
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
    this.#timers.stopAll();
  }

  #step(event: LineEvent): void {
    const { state, effects } = stepLine(this.#state, event, this.#options.context());
    const changed = state !== this.#state;
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
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

  #perform(effect: LineEffect): void {
    const { engine, line, calls, log } = this.#options;
    switch (effect.do) {
      case "tone":
        return this.#attempt("tone", () =>
          engine.tone(line, effect.tone && this.#tone(effect.tone, effect.gain)),
        );
      case "ring":
        return this.#ring(effect);
      case "stop-ring":
        return this.#attempt("stop-ring", () => engine.ring(line, null));
      case "dial":
        return this.#dial(effect);
      case "answer":
        return this.#attempt("answer", () => engine.answer(effect.call));
      case "hang-up": {
        const { call, code, reason, ending } = effect;
        if (ending) {
          const known = calls.calls.get(call)?.terms ?? [];
          calls.amend(call, { decided: ending.cause, terms: [...known, ...ending.terms] });
        }
        return this.#attempt("hang-up", () => engine.hangUp(call, code, reason));
      }
      case "record-attempt": {
        const { number, ending } = effect;
        const from = this.#options.ownNumber();
        calls.attempt({ line, from, to: number, cause: ending.cause, terms: ending.terms });
        const clauses = ending.terms.map((term) => `${term.provider} ${term.clause}`);
        return log.info({ line: line + 1, to: number, cause: ending.cause, clauses }, "call not placed");
      }
      case "hold":
        return this.#attempt("hold", () => engine.hold(effect.call, effect.on));
      case "conference":
        return this.#attempt("conference", () => engine.conference(line, effect.on));
      case "join":
        return this.#join(effect.call, effect.other);
      case "knock":
        return this.#knock(effect.number, effect.name);
      case "deflect": {
        const { call, number, ending } = effect;
        calls.amend(call, { decided: ending.cause });
        log.info({ line: line + 1, call, to: number }, "call forwarded");
        return this.#attempt("deflect", () => engine.hangUp(call, movedTemporarily, number));
      }
      case "change-feature":
        log.info({ line: line + 1, ...effect.change }, "changed at the telephone");
        return this.#options.onFeature(effect.change);
      case "agree":
        return this.#options.onAgree();
      case "start-timer":
        return this.#timers.start(effect, effect.ms);
      case "stop-timer":
        return this.#timers.stop(effect);
    }
  }

  /** Who knocks is heard at once and seen a moment later, between two tones. */
  #knock(number: string, name: string): void {
    const { engine, line, context, identifyCallers } = this.#options;
    const { region } = context().terms;
    const tone = region.tones["call-waiting"];
    this.#attempt("knock", () => engine.tone(line, toneOf(tone)));
    if (!region.callerId.callWaiting || !identifyCallers()) return;
    const caller = presentCaller(number, name, region.countryCode);
    const delayMs = (tone.steps[0]?.ms ?? 0) + afterToneMs;
    this.#attempt("identify", () =>
      engine.identify(line, { ...callerIdOf(region, caller, localTime(), true), delayMs }),
    );
  }

  #join(call: number, other: number): void {
    try {
      this.#options.engine.join(call, other);
    } catch (error) {
      const code = error instanceof EngineError ? error.code : String(error);
      this.#options.log.warn({ line: this.#options.line + 1, code }, "the engine did not transfer");
      this.dispatch({ on: "transferred", call, done: false });
    }
  }

  #tone(name: ToneName, gain = 0): ReturnType<typeof toneOf> {
    return toneOf(this.#options.context().terms.region.tones[name], gain);
  }

  #ring({ number, name, alert }: Extract<LineEffect, { do: "ring" }>): void {
    const { engine, line, context, identifyCallers } = this.#options;
    const { region } = context().terms;
    const caller = presentCaller(number, name, region.countryCode);
    // EBUSY: the handset was lifted this very moment; its hook event answers the call.
    this.#attempt("ring", () =>
      engine.ring(line, ringOf(region, caller, localTime(), identifyCallers(), alert)),
    );
  }

  #dial({ number, terms, anonymous }: Extract<LineEffect, { do: "dial" }>): void {
    const { engine, line, calls, log, ownNumber } = this.#options;
    let call: number;
    this.#options.memory.dialled(number);
    try {
      call = engine.dial(line, number, { anonymous: anonymous === true });
    } catch (error) {
      const code = error instanceof EngineError ? error.code : "EIO";
      log.error({ line: line + 1, to: number, code }, "the engine did not place the call");
      return this.dispatch({ on: "dial-failed", code });
    }
    calls.open({
      call,
      line,
      direction: "outgoing",
      from: ownNumber(),
      to: number,
      name: "",
      sipCallId: "",
      terms,
    });
    this.dispatch({ on: "dialled", call });
  }

  /** An engine that says no must not stop the line: the call's end, or the next hook, puts things right. */
  #attempt(what: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      const code = error instanceof EngineError ? error.code : String(error);
      this.#options.log.warn({ line: this.#options.line + 1, what, code }, "the engine refused");
    }
  }
}

/** A term that a call has already is not told twice. */
function withTerms(known: readonly AppliedTerm[], more: readonly AppliedTerm[]): AppliedTerm[] {
  const has = (term: AppliedTerm): boolean =>
    known.some(({ rule, effect }) => rule === term.rule && effect === term.effect);
  return [...known, ...more.filter((term) => !has(term))];
}

/** MMDDhhmm in the region's time (the process runs in it): what caller identification carries. */
function localTime(): string {
  const now = new Date();
  const parts = [now.getMonth() + 1, now.getDate(), now.getHours(), now.getMinutes()];
  return parts.map((part) => String(part).padStart(2, "0")).join("");
}
