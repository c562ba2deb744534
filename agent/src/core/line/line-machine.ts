/** The subscriber line: one state, one event, one table. Pure; the shell executes the effects in order. */
import { arrive, sendOn } from "./arrival.ts";
import { judgeFax } from "./fax.ts";
import { finishDialing, readyTone, takeDigit } from "./dialing.ts";
import type { LineContext, LineEffect, LineEvent, LineState, LineStep } from "./line-state.ts";
import { stopAll } from "./line-timers.ts";
import { placeCall } from "./place-call.ts";
import { replace } from "./replacement.ts";
import { flash, stepSecond } from "./second-call.ts";
import { resumeHeld } from "./take-call.ts";
import { treat, warn } from "./treatment.ts";

export const initialLine: LineState = { state: "on-hook" };

/** An event that a state has no use for changes nothing. */
export function stepLine(state: LineState, event: LineEvent, context: LineContext): LineStep {
  if (event.on === "flash") return flash(state, context);
  if (event.on === "replaced") return replace(state, event.call, event.by);
  return stepSecond(state, event, context, stepSingle);
}

function stepSingle(state: LineState, event: LineEvent, context: LineContext): LineStep {
  switch (event.on) {
    case "flash":
    case "transferred":
    case "replaced":
      return stay(state);
    case "hook":
      return event.offHook ? lift(state, context) : hangUp(state);
    case "digit":
      return press(state, event.digit, context);
    case "timer":
      return expire(state, event, context);
    case "incoming":
      return arrive(state, event, context);
    case "context":
      return refresh(state, context);
    case "dialled":
      return state.state === "calling" ? stay({ ...state, call: event.call }) : stay(state);
    case "dial-failed":
      return dialFailed(state, event.code, context);
    case "ringback":
      if (!isCall(state, "calling", event.call) || state.ringing) return stay(state);
      return { state: { ...state, ringing: true }, effects: [{ do: "tone", tone: "ringback" }] };
    case "early-media":
      if (!isCall(state, "calling", event.call)) return stay(state);
      return { state, effects: [{ do: "tone", tone: null }] };
    case "established":
      return establish(state, event.call);
    case "fax":
      return judgeFax(state, event, context);
    case "ended":
      return end(state, event, context);
  }
  return event satisfies never;
}

function stay(state: LineState): LineStep {
  return { state, effects: [] };
}

function lift(state: LineState, context: LineContext): LineStep {
  if (state.state === "ringing") {
    if (state.held) return resumeHeld(state.call);
    return {
      state: { state: "answering", call: state.call },
      effects: [
        { do: "stop-ring" },
        { do: "answer", call: state.call },
        { do: "stop-timer", timer: "no-answer" },
      ],
    };
  }
  if (state.state !== "on-hook") return stay(state);
  const { hotline } = context.features;
  if (hotline?.delayMs === 0) return placeCall(hotline.number, null, [], context);
  const tone = readyTone(context);
  return {
    state: { state: "ready", tone },
    effects: [
      { do: "tone", tone },
      { do: "start-timer", timer: "dial", ms: hotline?.delayMs ?? context.firstDigitMs },
    ],
  };
}

function hangUp(state: LineState): LineStep {
  if (state.state === "on-hook" || state.state === "ringing") return stay(state);
  const call = "call" in state ? state.call : null;
  const release: LineEffect[] =
    call === null ? [] : [{ do: "hang-up", call, code: 0, reason: "", ending: null }];
  return { state: initialLine, effects: [...stopAll, { do: "tone", tone: null }, ...release] };
}

function press(state: LineState, digit: string, context: LineContext): LineStep {
  if (state.state === "ready") return takeDigit("", digit, context);
  if (state.state === "dialing") return takeDigit(state.digits, digit, context);
  return stay(state);
}

function expire(
  state: LineState,
  { timer, call: limited }: Extract<LineEvent, { on: "timer" }>,
  context: LineContext,
): LineStep {
  if (timer === "dial") {
    // ITU-T E.180 §3: who lifts and does not dial hears the line give up.
    if (state.state === "ready") return tired(context);
    if (state.state === "dialing") return finishDialing(state.digits, context);
  }
  if (timer === "no-answer" && state.state === "ringing" && !state.held) return sendOn(state, context);
  if (timer === "limit-warning" && state.state === "talking" && state.call === limited) {
    return { state, effects: [{ do: "tone", tone: "call-limit-warning" }] };
  }
  // One that nobody answered yet can be over, too: the credit for it is gone.
  const up = state.state === "talking" || state.state === "calling";
  if (timer === "limit" && up && state.call !== null && state.call === limited) {
    const ending = { cause: "limit", terms: [] } as const;
    const { call } = state;
    return treat("busy", [{ do: "hang-up", call, code: 0, reason: "Call limit", ending }], context);
  }
  if (timer === "off-hook" && state.state === "treatment") return warn(0, context);
  if (timer === "howler" && state.state === "howling") return warn(state.stage + 1, context);
  return stay(state);
}

/** Lifted, and no key pressed: a hotline calls by itself. */
function tired(context: LineContext): LineStep {
  const { hotline } = context.features;
  return hotline
    ? placeCall(hotline.number, null, [{ do: "tone", tone: null }], context)
    : treat("busy", [], context);
}

/** The tone in the ear follows what the line can do. */
function refresh(state: LineState, context: LineContext): LineStep {
  if (state.state !== "ready") return stay(state);
  const tone = readyTone(context);
  return tone === state.tone
    ? stay(state)
    : { state: { state: "ready", tone }, effects: [{ do: "tone", tone }] };
}

function dialFailed(state: LineState, code: string, context: LineContext): LineStep {
  if (state.state !== "calling") return stay(state);
  const unregistered = code === "ENOTCONN";
  const ending = { cause: unregistered ? "unregistered" : "error", terms: state.terms } as const;
  const record: LineEffect = { do: "record-attempt", number: state.number, ending };
  return treat(unregistered ? "not-registered" : "congestion", [record], context);
}

function establish(state: LineState, call: number): LineStep {
  if (isCall(state, "answering", call)) return { state: { state: "talking", call }, effects: [] };
  if (!isCall(state, "calling", call)) return stay(state);
  const effects: LineEffect[] = [{ do: "tone", tone: null }];
  if (state.limit) {
    const { seconds, warningSeconds } = state.limit;
    effects.push(
      { do: "start-timer", timer: "limit-warning", ms: (seconds - warningSeconds) * 1000, call },
      { do: "start-timer", timer: "limit", ms: seconds * 1000, call },
    );
  }
  const undisturbed = state.undisturbed ? ({ undisturbed: true } as const) : {};
  return { state: { state: "talking", call, ...undisturbed }, effects };
}

function end(state: LineState, event: Extract<LineEvent, { on: "ended" }>, context: LineContext): LineStep {
  if (isCall(state, "ringing", event.call))
    return { state: initialLine, effects: [{ do: "stop-ring" }, { do: "stop-timer", timer: "no-answer" }] };
  const mine = "call" in state && state.call === event.call;
  if (!mine) return stay(state);
  const stop: LineEffect[] = [
    { do: "stop-timer", timer: "limit-warning", call: event.call },
    { do: "stop-timer", timer: "limit", call: event.call },
  ];
  return treat(event.tone, stop, context);
}

function isCall<S extends "calling" | "ringing" | "answering">(
  state: LineState,
  name: S,
  call: number,
): state is Extract<LineState, { state: S }> {
  return state.state === name && state.call === call;
}
