import type { LineEffect, LineEvent } from "./line-state.ts";

/** The terms' longest call is reached by one of these. */
export function isLimitOf(
  event: LineEvent,
  calls: readonly number[],
): event is LineEvent & { on: "timer"; call: number } {
  return (
    event.on === "timer" && event.timer === "limit" && event.call !== undefined && calls.includes(event.call)
  );
}

export function overLimit(call: number): LineEffect {
  return { do: "hang-up", call, code: 0, reason: "Call limit", ending: { cause: "limit", terms: [] } };
}
