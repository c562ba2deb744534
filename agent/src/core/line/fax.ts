import { evaluateFax } from "../terms/index.ts";
import type { LineContext, LineEvent, LineState, LineStep } from "./line-state.ts";
import { treat } from "./treatment.ts";

/** A fax began in the line's call, or got on: the terms may end it. The machine sees the line go, a person hears why. */
export function judgeFax(
  state: LineState,
  event: Extract<LineEvent, { on: "fax" }>,
  context: LineContext,
): LineStep {
  const term = evaluateFax(event, context.faxValidated === true, context.terms);
  if (term === null || !("call" in state) || state.call !== event.call) return { state, effects: [] };
  const cause = term.effect === "refused" ? "refused-by-terms" : "limit";
  const ending = { cause, terms: [term] } as const;
  return treat(
    "refused",
    [{ do: "hang-up", call: event.call, code: 0, reason: "Fax limit", ending }],
    context,
  );
}
