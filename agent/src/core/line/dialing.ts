import type { ToneName } from "@tonalite/device-profiles";
import { judgeDialled, takesHash } from "../dialling/index.ts";
import type { DialledAction } from "../dialling/index.ts";
import type { LineContext, LineEffect, LineStep } from "./line-state.ts";
import { longestNumber, placeCall, unobtainable } from "./place-call.ts";
import { serve } from "./services.ts";
import { treat } from "./treatment.ts";

/** What the subscriber dials to agree to an update (TR-069 A.4.1.8, "4 Confirmation Needed"); known only while asked. */
export const agreementCode = "*86#";

/** What an off-hook line without digits sounds like. */
export function readyTone({ registered, terms, features, notice }: LineContext): ToneName {
  if (!registered) return "not-registered";
  if (terms.serviceState !== "Active" || notice !== undefined) return "special-dial";
  if (features.messagesWaiting) return "message-waiting";
  // Whoever forgot that calls go elsewhere, or nowhere, is reminded.
  return features.forwardAlways.enabled || features.doNotDisturb ? "special-dial" : "dial";
}

/** Takes one more digit; dials, refuses or waits. */
export function takeDigit(digits: string, digit: string, context: LineContext): LineStep {
  if (context.notice === "asks" && agreementCode.startsWith(digits + digit))
    return agree(digits, digit, context);
  // A terminator is one only after digits, and not within a code: "#21#" begins and ends with it.
  if (digits !== "" && digit === context.terminator && !(digit === "#" && takesHash(digits, context.plan)))
    return finishDialing(digits, context);
  const dialled = digits + digit;
  const quiet: LineEffect[] = digits === "" ? [{ do: "tone", tone: null }] : [];
  if (dialled.length > longestNumber) return unobtainable(dialled, quiet, context);
  const { progress, patient, action } = judgeDialled(dialled, context.plan);
  if (progress === "complete") return act(action, quiet, context);
  if (progress === "impossible") return unobtainable(dialled, quiet, context);
  const ms = progress === "sufficient" && !patient ? context.interDigitMs : context.incompleteMs;
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
  const { progress, action } = judgeDialled(digits, context.plan);
  const enough = progress === "complete" || progress === "sufficient";
  return enough ? act(action, [], context) : unobtainable(digits, [], context);
}

function act(action: DialledAction, before: readonly LineEffect[], context: LineContext): LineStep {
  return action.action === "call"
    ? placeCall(action.number, action.prefix, before, context)
    : serve(action.service, action.number, before, context);
}
