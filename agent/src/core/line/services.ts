/** Service codes: what the subscriber switches at his telephone. A tone answers every one of them. */
import type { LineService } from "@tonalite/device-profiles";
import { evaluateCall } from "../terms/index.ts";
import type { FeatureChange, Forward } from "./features.ts";
import type { LineContext, LineEffect, LineStep } from "./line-state.ts";
import { placeCall, unobtainable } from "./place-call.ts";
import { treat } from "./treatment.ts";

type KnownForward = {
  readonly feature: "forward-always" | "forward-busy" | "forward-no-answer";
  readonly now: Forward;
};

/** @param number what was dialled with the code, "" = nothing. */
export function serve(
  service: LineService,
  number: string,
  before: readonly LineEffect[],
  context: LineContext,
): LineStep {
  const done = [...before, { do: "stop-timer", timer: "dial" } as const];
  const { features } = context;
  const change = (next: FeatureChange): LineStep =>
    treat("confirmation", [...done, { do: "change-feature", change: next }], context);
  const answer = (active: boolean): LineStep => treat(active ? "confirmation" : "congestion", done, context);

  const switchOn = ({ feature, now }: KnownForward): LineStep =>
    forwardTo(
      number || now.number,
      (to) => change({ feature, to: { enabled: true, number: to } }),
      before,
      context,
    );
  const switchOff = ({ feature, now }: KnownForward): LineStep =>
    change({ feature, to: { ...now, enabled: false } });
  const always = { feature: "forward-always", now: features.forwardAlways } as const;
  const busy = { feature: "forward-busy", now: features.forwardBusy } as const;
  const noAnswer = { feature: "forward-no-answer", now: features.forwardNoAnswer } as const;

  switch (service) {
    case "forward-always-on":
      return switchOn(always);
    case "forward-busy-on":
      return switchOn(busy);
    case "forward-no-answer-on":
      return switchOn(noAnswer);
    case "forward-always-off":
      return switchOff(always);
    case "forward-busy-off":
      return switchOff(busy);
    case "forward-no-answer-off":
      return switchOff(noAnswer);
    case "forward-always-query":
      return answer(always.now.enabled);
    case "forward-busy-query":
      return answer(busy.now.enabled);
    case "forward-no-answer-query":
      return answer(noAnswer.now.enabled);
    case "call-waiting-on":
    case "call-waiting-off":
      return change({ feature: "call-waiting", to: service === "call-waiting-on" });
    case "call-waiting-query":
      return answer(features.callWaiting);
    case "do-not-disturb-on":
    case "do-not-disturb-off":
      return change({ feature: "do-not-disturb", to: service === "do-not-disturb-on" });
    case "hotline-on":
      return forwardTo(number, (to) => change({ feature: "hotline", to }), before, context);
    case "hotline-off":
      return change({ feature: "hotline", to: null });
    case "last-number":
      return again(features.lastDialled, before, context);
    case "call-return":
      return again(features.lastCaller, before, context);
    case "withhold-number":
    case "present-number":
    case "call-waiting-off-once":
      // Prefixes of a number: alone they are none.
      return unobtainable(number, before, context);
  }
  return service satisfies never;
}

/** A target must be a number that may be called, and nobody's emergency. */
function forwardTo(
  number: string,
  accept: (number: string) => LineStep,
  before: readonly LineEffect[],
  context: LineContext,
): LineStep {
  const verdict = evaluateCall(number, context.terms);
  const { category } = verdict.number;
  if (category === "unknown" || category === "emergency") return unobtainable(number, before, context);
  if (verdict.verdict === "refused") {
    const ending = { cause: "refused-by-terms", terms: verdict.terms } as const;
    const effects = [
      ...before,
      { do: "stop-timer", timer: "dial" } as const,
      { do: "record-attempt", number, ending } as const,
    ];
    return treat(verdict.tone, effects, context);
  }
  return accept(number);
}

function again(number: string, before: readonly LineEffect[], context: LineContext): LineStep {
  return number === "" ? unobtainable("", before, context) : placeCall(number, null, before, context);
}
