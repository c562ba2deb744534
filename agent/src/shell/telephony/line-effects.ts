import type { ToneName } from "@tonalite/device-profiles";
import { presentCaller } from "../../core/calls/index.ts";
import type { LineEffect, LineEvent } from "../../core/line/index.ts";
import { EngineError } from "../../core/ports.ts";
import { callerIdOf, ringOf, toneOf } from "../../core/provisioning/index.ts";
import type { LineRunnerOptions } from "./line-runner.ts";
import { lineTimers } from "./timers.ts";

/** RFC 3261 §21.3.3; the engine names the new target in the Contact of its answer. */
const movedTemporarily = 302;
/** Silence between the call waiting tone and the alert, as between the two in a telephone exchange. */
const afterToneMs = 60;

/** Carries out what a line's machine decides: on the engine, in the records, on the clock. */
export class LineEffects {
  readonly #options: LineRunnerOptions;
  readonly #dispatch: (event: LineEvent) => void;
  readonly #timers: ReturnType<typeof lineTimers>;

  constructor(options: LineRunnerOptions, dispatch: (event: LineEvent) => void) {
    this.#options = options;
    this.#dispatch = dispatch;
    this.#timers = lineTimers((timer, call) =>
      dispatch({ on: "timer", timer, ...(call !== undefined && { call }) }),
    );
  }

  /** No timer goes off any more. */
  stop(): void {
    this.#timers.stopAll();
  }

  /** Does it; what comes of it at once is told as an event. */
  perform(effect: LineEffect): void {
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
      this.#dispatch({ on: "transferred", call, done: false });
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
      return this.#dispatch({ on: "dial-failed", code });
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
    this.#dispatch({ on: "dialled", call });
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

/** MMDDhhmm in the region's time (the process runs in it): what caller identification carries. */
function localTime(): string {
  const now = new Date();
  const parts = [now.getMonth() + 1, now.getDate(), now.getHours(), now.getMinutes()];
  return parts.map((part) => String(part).padStart(2, "0")).join("");
}
