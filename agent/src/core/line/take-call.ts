import type { Aside, LineEffect, LineStep } from "./line-state.ts";

/** Back to the call that was up, which the recall key put on hold. A call that knocked goes on knocking. */
export function resume(call: number, aside: Aside | undefined, before: readonly LineEffect[] = []): LineStep {
  const sound: LineEffect =
    aside?.kind === "waiting"
      ? { do: "knock", number: aside.number, name: aside.name }
      : { do: "tone", tone: null };
  return {
    state: { state: "talking", call, ...(aside && { aside }) },
    effects: [...before, sound, { do: "hold", call, on: false }],
  };
}

/** Takes the call aside; what was up becomes `aside` itself, or is gone. */
export function take(from: Aside, aside: Aside | undefined, before: readonly LineEffect[]): LineStep {
  const connect: LineEffect =
    from.kind === "held" ? { do: "hold", call: from.call, on: false } : { do: "answer", call: from.call };
  const stop: LineEffect[] = from.kind === "waiting" ? [{ do: "stop-timer", timer: "no-answer" }] : [];
  return {
    state: { state: "talking", call: from.call, ...(aside && { aside }) },
    effects: [...before, ...stop, { do: "tone", tone: null }, connect],
  };
}

/** A call on hold that rang the telephone back is lifted. */
export function resumeHeld(call: number): LineStep {
  return {
    state: { state: "talking", call },
    effects: [{ do: "stop-ring" }, { do: "hold", call, on: false }],
  };
}
