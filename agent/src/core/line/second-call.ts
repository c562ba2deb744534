/**
 * The second call of a line: one that waits, one on hold, three together, one handed on. A layer over the single call's
 * machine: what concerns the call aside is decided here, everything else goes on as if there were none.
 */
import { isLimitOf, overLimit } from "./call-limit.ts";
import { dropLast, stepConference, together } from "./conference.ts";
import { stopAll } from "./line-timers.ts";
import type { Aside, LineContext, LineEffect, LineEvent, LineState, LineStep } from "./line-state.ts";
import { resume, take } from "./take-call.ts";
import { join, stepTransfer } from "./transfer.ts";

/** How long the line waits for the digit after the recall key, milliseconds. */
const choiceMs = 4000;

type Single = (state: LineState, event: LineEvent, context: LineContext) => LineStep;

/** May this state let another call knock? */
export function canKnock(state: LineState, { features }: LineContext): boolean {
  return state.state === "talking" && state.aside === undefined && !state.undisturbed && features.callWaiting;
}

/** Another call comes while one is up: the subscriber is told by a tone, and by the telephone's display. */
export function knock(
  state: LineState & { state: "talking" },
  event: Extract<LineEvent, { on: "incoming" }>,
  context: LineContext,
): LineStep {
  const { call, number, name } = event;
  const effects: LineEffect[] = [{ do: "knock", number, name }];
  if (context.features.forwardNoAnswer.enabled)
    effects.push({ do: "start-timer", timer: "no-answer", ms: context.features.noAnswerMs });
  return { state: { ...state, aside: { kind: "waiting", call, number, name } }, effects };
}

/** The recall key (France: R; a short press of the cradle). */
export function flash(state: LineState, context: LineContext): LineStep {
  switch (state.state) {
    case "talking":
      return state.aside ? flashBetween(state, state.aside, context) : flashAway(state.call, context);
    case "calling":
    case "ready":
    case "dialing":
    case "treatment":
    case "howling":
    case "silent":
      return state.aside ? flashBack(state, state.aside) : unchanged(state);
    case "choosing":
      return resume(state.call, state.aside);
    case "conference":
      return context.terms.region.recall === "flash" ? dropLast(state.calls) : unchanged(state);
    case "on-hook":
    case "ringing":
    case "answering":
    case "transferring":
    case "leaving":
      return unchanged(state);
  }
  return state satisfies never;
}

/** One call, and the subscriber wants to make another: it is put on hold, a dial tone asks for the number. */
function flashAway(call: number, context: LineContext): LineStep {
  const tone = context.registered ? "special-dial" : "not-registered";
  return {
    state: { state: "ready", tone, aside: { kind: "held", call } },
    effects: [
      { do: "hold", call, on: true },
      { do: "tone", tone },
      { do: "start-timer", timer: "dial", ms: context.firstDigitMs },
    ],
  };
}

/** Two calls: by the country's habit a digit says what shall be, or the key alone does. */
function flashBetween(state: LineState & { state: "talking" }, aside: Aside, context: LineContext): LineStep {
  const { call } = state;
  if (context.terms.region.recall === "digit") {
    return {
      state: { state: "choosing", call, aside },
      effects: [
        { do: "hold", call, on: true },
        { do: "tone", tone: "special-dial" },
        { do: "start-timer", timer: "recall", ms: choiceMs },
      ],
    };
  }
  // Who called both wants them together; who was called goes to and fro.
  if (aside.kind === "held" && state.dialledSecond) return together(call, aside);
  const first: LineEffect[] = [{ do: "hold", call, on: true }];
  return take(aside, { kind: "held", call }, first);
}

/** From the attempt at a second call back to the first. */
function flashBack(state: LineState, aside: Aside): LineStep {
  const attempt = state.state === "calling" ? state.call : null;
  const given: LineEffect[] =
    attempt === null ? [] : [{ do: "hang-up", call: attempt, code: 0, reason: "", ending: null }];
  return take(aside, undefined, [...stopDialling, ...given]);
}

const stopDialling: readonly LineEffect[] = (["dial", "off-hook", "howler"] as const).map((timer) => ({
  do: "stop-timer",
  timer,
}));

/** The digit after the recall key, as France Télécom's and ETSI's services have them. */
function choose(state: LineState & { state: "choosing" }, digit: string): LineStep {
  const { call, aside } = state;
  const stop: LineEffect = { do: "stop-timer", timer: "recall" };
  const drop = (which: number): LineEffect => ({
    do: "hang-up",
    call: which,
    code: 0,
    reason: "",
    ending: null,
  });
  const held: Aside = { kind: "held", call };
  switch (digit) {
    case "0": {
      const ending = { cause: "busy", terms: [] } as const;
      const refuse: LineEffect =
        aside.kind === "waiting"
          ? { do: "hang-up", call: aside.call, code: 486, reason: "Busy Here", ending }
          : drop(aside.call);
      return resume(call, undefined, [stop, refuse]);
    }
    case "1":
      return take(aside, undefined, [stop, drop(call)]);
    case "2":
      return take(aside, held, [stop]);
    case "3":
      return aside.kind === "held" ? together(call, aside, [stop]) : take(aside, held, [stop]);
    case "4":
      if (aside.kind !== "held") return resume(call, aside, [stop]);
      return {
        state: { state: "transferring", call, aside },
        effects: [stop, { do: "tone", tone: null }, ...join(aside.call, call)],
      };
    default:
      return resume(call, aside, [stop]);
  }
}

/** Handles what concerns two calls; `single` does the rest as if there were one. */
export function stepSecond(
  state: LineState,
  event: LineEvent,
  context: LineContext,
  single: Single,
): LineStep {
  switch (state.state) {
    case "choosing":
      return stepChoosing(state, event, context);
    case "conference":
      return stepConference(state, event, context);
    case "transferring":
    case "leaving":
      return stepTransfer(state, event, context, single);
    case "on-hook":
    case "ringing":
    case "answering":
      return single(state, event, context);
    case "ready":
    case "dialing":
    case "calling":
    case "talking":
    case "treatment":
    case "howling":
    case "silent":
      return state.aside
        ? stepBeside(state, state.aside, event, context, single)
        : single(state, event, context);
  }
  return state satisfies never;
}

function stepBeside(
  state: LineState,
  aside: Aside,
  event: LineEvent,
  context: LineContext,
  single: Single,
): LineStep {
  const { aside: _, ...bare } = state as LineState & { aside?: Aside };
  const alone = bare as LineState;
  if (event.on === "hook" && !event.offHook) return hangUpBeside(alone, aside, context);
  if (event.on === "ended" && event.call === aside.call)
    return { state: alone, effects: silenced(alone, aside) };
  // The far end that was left for a moment is there again at once.
  if (event.on === "ended" && aside.kind === "held" && alone.state === "talking" && alone.call === event.call)
    return take(aside, undefined, []);
  if (event.on === "timer" && event.timer === "no-answer" && aside.kind === "waiting") {
    const { number, enabled } = context.features.forwardNoAnswer;
    if (!enabled || number === "") return unchanged(state);
    const ending = { cause: "forwarded", terms: [] } as const;
    return {
      state: alone,
      effects: [
        { do: "tone", tone: null },
        { do: "deflect", call: aside.call, number, ending },
      ],
    };
  }
  if (isLimitOf(event, [aside.call])) return { state: alone, effects: [overLimit(aside.call)] };
  // A third call finds the line busy.
  if (event.on === "incoming") return single(state, event, context);
  // A dial tone beside a call on hold says nothing about the line.
  if (event.on === "context") return unchanged(state);
  const step = single(alone, event, context);
  const answered = alone.state === "calling" && step.state.state === "talking";
  return { ...step, state: { ...step.state, aside, ...(answered && { dialledSecond: true }) } as LineState };
}

/** Whoever hangs up with a call aside is called back by it; or, if so chosen, has brought the two together. */
function hangUpBeside(state: LineState, aside: Aside, { features }: LineContext): LineStep {
  const call = "call" in state ? state.call : null;
  if (features.transfer && aside.kind === "held" && state.state === "talking") {
    return {
      state: { state: "leaving", call: state.call, aside },
      effects: [...stopAll, ...join(aside.call, state.call)],
    };
  }
  const release: LineEffect[] =
    call === null ? [] : [{ do: "hang-up", call, code: 0, reason: "", ending: null }];
  const [number, name] = aside.kind === "waiting" ? [aside.number, aside.name] : ["", ""];
  return {
    state: { state: "ringing", call: aside.call, ...(aside.kind === "held" && { held: true as const }) },
    effects: [...stopAll, { do: "tone", tone: null }, ...release, { do: "ring", number, name }],
  };
}

/** The tone of a call that knocked stops with it. */
function silenced(state: LineState, aside: Aside): readonly LineEffect[] {
  const stop: LineEffect = { do: "stop-timer", timer: "no-answer" };
  return aside.kind === "waiting" && state.state === "talking" ? [{ do: "tone", tone: null }, stop] : [];
}

function stepChoosing(
  state: LineState & { state: "choosing" },
  event: LineEvent,
  context: LineContext,
): LineStep {
  const { call, aside } = state;
  const stop: LineEffect = { do: "stop-timer", timer: "recall" };
  if (event.on === "digit") return choose(state, event.digit);
  if (event.on === "timer" && event.timer === "recall") return resume(call, aside);
  if (event.on === "hook" && !event.offHook) return hangUpBeside({ state: "talking", call }, aside, context);
  if (event.on === "ended" && event.call === call) return take(aside, undefined, [stop]);
  if (event.on === "ended" && event.call === aside.call) return resume(call, undefined, [stop]);
  if (isLimitOf(event, [call, aside.call])) return { state, effects: [overLimit(event.call)] };
  return unchanged(state);
}

function unchanged(state: LineState): LineStep {
  return { state, effects: [] };
}
