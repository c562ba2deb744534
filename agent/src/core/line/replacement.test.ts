import { describe, expect, it } from "vitest";
import type { LineState } from "./line-state.ts";
import { replace } from "./replacement.ts";

const stops = [
  { do: "stop-timer", timer: "limit-warning", call: 1 },
  { do: "stop-timer", timer: "limit", call: 1 },
];
const limit = { seconds: 3600, warningSeconds: 60, terms: [] } as unknown as NonNullable<
  Extract<LineState, { state: "calling" }>["limit"]
>;

describe("a call that takes another's place", () => {
  it.each<[LineState, LineState]>([
    [
      { state: "talking", call: 1, dialledSecond: true },
      { state: "talking", call: 9, dialledSecond: true },
    ],
    [
      { state: "talking", call: 2, aside: { kind: "held", call: 1 } },
      { state: "talking", call: 2, aside: { kind: "held", call: 9 } },
    ],
    [
      { state: "ready", tone: "special-dial", aside: { kind: "held", call: 1 } },
      { state: "ready", tone: "special-dial", aside: { kind: "held", call: 9 } },
    ],
    [
      { state: "calling", number: "3", terms: [], call: 1, ringing: true, limit, undisturbed: false },
      { state: "calling", number: "3", terms: [], call: 9, ringing: true, limit: null, undisturbed: false },
    ],
    [
      { state: "ringing", call: 1, held: true },
      { state: "ringing", call: 9, held: true },
    ],
    [
      { state: "conference", calls: [1, 2] },
      { state: "conference", calls: [9, 2] },
    ],
    [
      { state: "conference", calls: [2, 1] },
      { state: "conference", calls: [2, 9] },
    ],
    [
      { state: "choosing", call: 2, aside: { kind: "held", call: 1 } },
      { state: "choosing", call: 2, aside: { kind: "held", call: 9 } },
    ],
    [
      { state: "leaving", call: 1, aside: { kind: "held", call: 2 } },
      { state: "leaving", call: 9, aside: { kind: "held", call: 2 } },
    ],
  ])("goes on as %o", (state, next) => {
    expect(replace(state, 1, 9)).toEqual({ state: next, effects: stops });
  });

  it("changes nothing for a line that has no such call", () => {
    for (const state of [{ state: "on-hook" }, { state: "talking", call: 2 }] as const)
      expect(replace(state, 1, 9)).toEqual({ state, effects: [] });
  });
});
