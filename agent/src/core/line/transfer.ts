/** A transfer by joining two calls of the line. */
import { isLimitOf, overLimit } from "./call-limit.ts";
import type { LineContext, LineEffect, LineEvent, LineState, LineStep } from "./line-state.ts";
import { stopAll } from "./line-timers.ts";
import { resume } from "./take-call.ts";
import { treat } from "./treatment.ts";

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
  if (event.on === "transferred" && (event.done || gone)) {
    if (gone) return { state: { state: "on-hook" }, effects: release };
    return treat("confirmation", release, context);
  }
  if (event.on === "transferred") return resume(call, aside);
  if (event.on === "hook" && !event.offHook && !gone)
    return { state: { ...state, state: "leaving" }, effects: [...stopAll, { do: "tone", tone: null }] };
  if (event.on === "hook" && event.offHook && gone) {
    const lifted = single({ state: "on-hook" }, event, context);
    return { ...lifted, effects: [...release, ...lifted.effects] };
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
  const release: LineEffect[] = [{ do: "hang-up", call: left, code: 0, reason: "", ending: null }];
  if (state.state === "leaving") return { state: { state: "on-hook" }, effects: release };
  return treat("busy", release, context);
}
