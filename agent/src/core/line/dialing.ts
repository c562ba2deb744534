import type { ToneName } from "@tonalite/device-profiles";
import { dialProgress, evaluateCall, numberRanges } from "../terms/index.ts";
import type { LineContext, LineEffect, LineStep } from "./line-state.ts";
import { treat } from "./treatment.ts";

/** Nobody dials more than this; ITU-T E.164 ends at 15, prefixes and service codes add some. */
const longestNumber = 32;

/** What the subscriber dials to agree to an update (TR-069 A.4.1.8, "4 Confirmation Needed"); known only while asked. */
export const agreementCode = "*86#";

/** What an off-hook line without digits sounds like. */
export function readyTone({ registered, terms, notice }: LineContext): ToneName {
  if (!registered) return "not-registered";
  return terms.serviceState === "Active" && notice === undefined ? "dial" : "special-dial";
}

/** Takes one more digit; dials, refuses or waits. */
export function takeDigit(digits: string, digit: string, context: LineContext): LineStep {
  if (context.notice === "asks" && agreementCode.startsWith(digits + digit))
    return agree(digits, digit, context);
  // A terminator is one only after digits: a number may begin with "#".
  if (digits !== "" && digit === context.terminator) return finishDialing(digits, context);
  const dialled = digits + digit;
  const quiet: LineEffect[] = digits === "" ? [{ do: "tone", tone: null }] : [];
  if (dialled.length > longestNumber) return unobtainable(dialled, quiet, context);
  const { progress } = dialProgress(dialled, numberRanges(context.terms));
  if (progress === "complete") return placeCall(dialled, quiet, context);
  if (progress === "impossible") return unobtainable(dialled, quiet, context);
  const ms = progress === "sufficient" ? context.interDigitMs : context.incompleteMs;
  return {
    state: { state: "dialing", digits: dialled },
    effects: [...quiet, { do: "start-timer", timer: "dial", ms }],
  };
}

function agree(digits: string, digit: string, context: LineContext): LineStep {
  const dialled = digits + digit;
  const timer: LineEffect =
    dialled === agreementCode
      ? { do: "stop-timer", timer: "dial" }
      : { do: "start-timer", timer: "dial", ms: context.incompleteMs };
  if (dialled === agreementCode) return treat("confirmation", [timer, { do: "agree" }], context);
  const quiet: LineEffect[] = digits === "" ? [{ do: "tone", tone: null }] : [];
  return { state: { state: "dialing", digits: dialled }, effects: [...quiet, timer] };
}

/** The subscriber dials no more: by terminator or by silence. */
export function finishDialing(digits: string, context: LineContext): LineStep {
  const { progress } = dialProgress(digits, numberRanges(context.terms));
  const enough = progress === "complete" || progress === "sufficient";
  return enough ? placeCall(digits, [], context) : unobtainable(digits, [], context);
}

function placeCall(number: string, before: readonly LineEffect[], context: LineContext): LineStep {
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
  return {
    state: {
      state: "calling",
      number,
      terms: verdict.terms,
      call: null,
      ringing: false,
      limit: verdict.limit,
    },
    effects: [...before, stop, { do: "dial", number, terms: verdict.terms }],
  };
}

function unobtainable(number: string, before: readonly LineEffect[], context: LineContext): LineStep {
  const ending = { cause: "wrong-number", terms: [] } as const;
  const effects: LineEffect[] = [
    ...before,
    { do: "stop-timer", timer: "dial" },
    { do: "record-attempt", number: number.slice(0, longestNumber), ending },
  ];
  return treat("number-unobtainable", effects, context);
}
