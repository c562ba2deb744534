import type { LineService } from "@tonalite/device-profiles";
import { evaluateCall } from "../terms/index.ts";
import type { LineContext, LineEffect, LineStep } from "./line-state.ts";
import { treat } from "./treatment.ts";

/** Nobody dials more than this; ITU-T E.164 ends at 15, prefixes and service codes add some. */
export const longestNumber = 32;

/** Calls a number if the terms and the registration let it; `prefix` is a service for this call only. */
export function placeCall(
  number: string,
  prefix: LineService | null,
  before: readonly LineEffect[],
  context: LineContext,
): LineStep {
  const stop: LineEffect = { do: "stop-timer", timer: "dial" };
  const verdict = evaluateCall(number, context.terms);
  // The terms speak before the network: a barred number is refused by its clause on an unregistered line, too.
  if (verdict.verdict === "refused") {
    const ending = { cause: "refused-by-terms", terms: verdict.terms } as const;
    return treat(verdict.tone, [...before, stop, { do: "record-attempt", number, ending }], context);
  }
  if (!context.registered) {
    const ending = { cause: "unregistered", terms: [] } as const;
    return treat("not-registered", [...before, stop, { do: "record-attempt", number, ending }], context);
  }
  const withheld =
    prefix === "withhold-number" || (prefix !== "present-number" && context.features.anonymousCall);
  // Whoever calls for help is found by the number.
  const anonymous = withheld && verdict.number.category !== "emergency";
  return {
    state: {
      state: "calling",
      number,
      terms: verdict.terms,
      call: null,
      ringing: false,
      limit: verdict.limit,
      undisturbed: prefix === "call-waiting-off-once",
    },
    effects: [...before, stop, { do: "dial", number, terms: verdict.terms, ...(anonymous && { anonymous }) }],
  };
}

/** What was dialled is no number. */
export function unobtainable(number: string, before: readonly LineEffect[], context: LineContext): LineStep {
  const ending = { cause: "wrong-number", terms: [] } as const;
  const effects: LineEffect[] = [
    ...before,
    { do: "stop-timer", timer: "dial" },
    { do: "record-attempt", number: number.slice(0, longestNumber), ending },
  ];
  return treat("number-unobtainable", effects, context);
}
