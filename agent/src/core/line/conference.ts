/** Three together: two calls of the line that hear each other. */
import { isLimitOf, overLimit } from "./call-limit.ts";
import type { Aside, LineContext, LineEffect, LineEvent, LineState, LineStep } from "./line-state.ts";
import { stopAll } from "./line-timers.ts";
import { join } from "./transfer.ts";

export function together(call: number, aside: Aside, before: readonly LineEffect[] = []): LineStep {
  return {
    state: { state: "conference", calls: [aside.call, call] },
    effects: [
      ...before,
      { do: "tone", tone: null },
      { do: "hold", call: aside.call, on: false },
      { do: "hold", call, on: false },
      { do: "conference", on: true },
    ],
  };
}

export function dropLast([first, last]: readonly [number, number]): LineStep {
  return {
    state: { state: "talking", call: first },
    effects: [
      { do: "conference", on: false },
      { do: "hang-up", call: last, code: 0, reason: "", ending: null },
    ],
  };
}

export function stepConference(
  state: LineState & { state: "conference" },
  event: LineEvent,
  context: LineContext,
): LineStep {
  const { calls } = state;
  if (event.on === "hook" && !event.offHook) {
    const [first, last] = calls;
    if (context.features.transfer)
      return {
        state: { state: "leaving", call: last, aside: { kind: "held", call: first } },
        effects: [...stopAll, { do: "conference", on: false }, ...join(first, last)],
      };
    const release = calls.map((call): LineEffect => ({
      do: "hang-up",
      call,
      code: 0,
      reason: "",
      ending: null,
    }));
    return { state: { state: "on-hook" }, effects: [...stopAll, ...release] };
  }
  if (event.on === "ended") {
    const [left, ...others] = calls.filter((call) => call !== event.call);
    if (left === undefined || others.length > 0) return { state, effects: [] };
    return { state: { state: "talking", call: left }, effects: [{ do: "conference", on: false }] };
  }
  if (isLimitOf(event, calls)) return { state, effects: [overLimit(event.call)] };
  if (event.on === "timer" && event.timer === "limit-warning")
    return { state, effects: [{ do: "tone", tone: "call-limit-warning" }] };
  return { state, effects: [] };
}
