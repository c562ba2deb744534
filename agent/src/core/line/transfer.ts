/** A transfer by joining two calls of the line. */
import { isLimitOf, overLimit } from "./call-limit.ts";
import type { LineContext, LineEffect, LineEvent, LineState, LineStep } from "./line-state.ts";
import { stopAll } from "./line-timers.ts";
import { resume } from "./take-call.ts";
import { treat } from "./treatment.ts";

/** How long a far end may take to tell how it went: as long as an answer may (RFC 3261 §17.1.1.2: 64 × T1). */
const patienceMs = 32_000;

const patience: LineEffect = { do: "start-timer", timer: "transfer", ms: patienceMs };
const stop: LineEffect = { do: "stop-timer", timer: "transfer" };

/** Asks the far end of `first` to take our place in the other call, and waits no longer for its word than one may. */
export function join(first: number, other: number): LineEffect[] {
  return [{ do: "join", call: first, other }, patience];
}

/** The two far ends are being joined (RFC 3891): both calls end when they are, and come back when they cannot be. */
export function stepTransfer(
  state: LineState & { state: "transferring" | "leaving" },
  event: LineEvent,
  context: LineContext,
  single: (state: LineState, event: LineEvent, context: LineContext) => LineStep,
): LineStep {
  const { call, aside } = state;
  const both = [call, aside.call];
  const release = both.map((which): LineEffect => ({
    do: "hang-up",
    call: which,
    code: 0,
    reason: "",
    ending: null,
  }));
  const gone = state.state === "leaving";
  const silent = event.on === "timer" && event.timer === "transfer";
  if (event.on === "transferred" || silent) {
    if (gone) return { state: { state: "on-hook" }, effects: [stop, ...release] };
    if (event.on === "transferred" && event.done) return treat("confirmation", [stop, ...release], context);
    return resume(call, aside, [stop]);
  }
  if (event.on === "hook" && !event.offHook && !gone)
    return {
      state: { ...state, state: "leaving" },
      effects: [...stopAll, { do: "tone", tone: null }, patience],
    };
  if (event.on === "hook" && event.offHook && gone) {
    const lifted = single({ state: "on-hook" }, event, context);
    return { ...lifted, effects: [stop, ...release, ...lifted.effects] };
  }
  if (event.on === "ended" && both.includes(event.call)) return endedInTransfer(state, event.call, context);
  if (isLimitOf(event, both)) return { state, effects: [overLimit(event.call)] };
  return { state, effects: [] };
}

/** A far end left before the transfer was done: with one call there is nothing to join. */
function endedInTransfer(
  state: LineState & { state: "transferring" | "leaving" },
  ended: number,
  context: LineContext,
): LineStep {
  const left = ended === state.call ? state.aside.call : state.call;
  const release: LineEffect[] = [stop, { do: "hang-up", call: left, code: 0, reason: "", ending: null }];
  if (state.state === "leaving") return { state: { state: "on-hook" }, effects: release };
  return treat("busy", release, context);
}
