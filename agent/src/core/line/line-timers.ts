import type { LineEffect, LineTimer } from "./line-state.ts";

const all: readonly LineTimer[] = [
  "dial",
  "limit-warning",
  "limit",
  "off-hook",
  "howler",
  "no-answer",
  "recall",
  "transfer",
];

/** Ends every timer of the line. */
export const stopAll: readonly LineEffect[] = all.map((timer) => ({ do: "stop-timer", timer }));
