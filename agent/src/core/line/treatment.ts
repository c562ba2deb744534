import type { ToneName } from "@tonalite/device-profiles";
import type { LineContext, LineEffect, LineStep } from "./line-state.ts";

/** Off-hook with nothing more to do: a tone says why, and after a while the howler calls for the handset. */
export function treat(tone: ToneName, before: readonly LineEffect[], context: LineContext): LineStep {
  return {
    state: { state: "treatment", tone },
    effects: [
      ...before,
      { do: "tone", tone },
      { do: "start-timer", timer: "off-hook", ms: context.terms.region.offHookWarning.afterMs },
    ],
  };
}

/** Calls for the handset, louder by stages; then the line falls silent and stays off-hook. */
export function warn(stage: number, context: LineContext): LineStep {
  const now = context.terms.region.offHookWarning.stages[stage];
  if (!now) return { state: { state: "silent" }, effects: [{ do: "tone", tone: null }] };
  const { tone, gain, ms } = now;
  return {
    state: { state: "howling", stage },
    effects: [
      { do: "tone", tone, gain },
      { do: "start-timer", timer: "howler", ms },
    ],
  };
}
