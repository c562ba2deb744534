/** A call that takes another's place in the hand of the subscriber (RFC 3891). */
import type { LineEffect, LineState, LineStep } from "./line-state.ts";

/** Nothing is heard of it but the new voice; the limit of a call that the subscriber made ends with that call. */
export function replace(state: LineState, call: number, by: number): LineStep {
  const next = substitute(state, call, by);
  if (next === state) return { state, effects: [] };
  const effects = (["limit-warning", "limit"] as const).map((timer): LineEffect => ({
    do: "stop-timer",
    timer,
    call,
  }));
  return { state: next, effects };
}

function substitute(state: LineState, call: number, by: number): LineState {
  if (state.state === "conference") {
    if (!state.calls.includes(call)) return state;
    const [first, last] = state.calls;
    return { ...state, calls: first === call ? [by, last] : [first, by] };
  }
  let next = state;
  if ("call" in next && next.call === call) {
    next = { ...next, call: by };
    if (next.state === "calling") next = { ...next, limit: null };
  }
  if ("aside" in next && next.aside?.call === call) next = { ...next, aside: { ...next.aside, call: by } };
  return next;
}
