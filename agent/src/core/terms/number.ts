import type { NumberCategory, NumberRange } from "@tonalite/device-profiles";

/** What a dialled number is. `range` is absent for a number the plan does not know. */
export type ClassifiedNumber = { number: string; category: NumberCategory | "unknown"; range?: NumberRange };

/** How far dialled digits have come in the numbering plan. */
export type DialProgress =
  | { progress: "incomplete" }
  /** May be dialled now, may also grow. */
  | { progress: "sufficient" }
  | { progress: "complete" }
  /** No number begins like this. */
  | { progress: "impossible" };

/** The range with the longest prefix that `digits` begin with. */
function rangeOf(digits: string, ranges: readonly NumberRange[]): NumberRange | undefined {
  let best: NumberRange | undefined;
  for (const range of ranges)
    if (digits.startsWith(range.prefix) && range.prefix.length > (best?.prefix.length ?? 0)) best = range;
  return best;
}

/** Says what a number is by the numbering plan. Total: every text has an answer. */
export function classifyNumber(number: string, ranges: readonly NumberRange[]): ClassifiedNumber {
  const range = rangeOf(number, ranges);
  if (range === undefined) return { number, category: "unknown" };
  return { number, category: range.category, range };
}

/** Judges digits while they are dialled, so that a complete number goes out at once, without a timer. */
export function dialProgress(digits: string, ranges: readonly NumberRange[]): DialProgress {
  const mayBecomeAnother = ranges.some(
    (range) => range.prefix.length > digits.length && range.prefix.startsWith(digits),
  );
  const range = rangeOf(digits, ranges);
  if (range === undefined) return { progress: mayBecomeAnother ? "incomplete" : "impossible" };
  if (digits.length > range.maximum) return { progress: "impossible" };
  if (digits.length < range.minimum) return { progress: "incomplete" };
  if (digits.length === range.maximum && !mayBecomeAnother) return { progress: "complete" };
  return { progress: "sufficient" };
}
