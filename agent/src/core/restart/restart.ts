import type { IdleState } from "../update/index.ts";

/** Whether the box is about to restart. A restart that was asked for is not taken back. */
export type RestartState =
  | { state: "running" }
  | { state: "waiting"; why: string; held: string }
  | { state: "restarting"; why: string };

export type RestartEvent =
  /** Management, an update or the subscriber wants the box to start anew. */
  | { on: "asked"; why: string; use: IdleState }
  /** The line may have changed. */
  | { on: "line"; use: IdleState };

export type RestartEffect =
  | { do: "restart"; why: string }
  | { do: "log"; words: string }
  | { do: "look-again" };

/**
 * The one rule of restarts (law 7): none under a call, being made, ringing, up or on hold, and none while an emergency
 * service may still call back. A lifted handset alone holds nothing: who listens to a tone loses a tone.
 */
export function stepRestart(
  state: RestartState,
  event: RestartEvent,
): { state: RestartState; effects: readonly RestartEffect[] } {
  if (state.state === "restarting" || (state.state === "running" && event.on === "line"))
    return { state, effects: [] };
  const why = state.state === "waiting" ? state.why : event.on === "asked" ? event.why : "";
  const held = holds(event.use);
  if (held === undefined) return { state: { state: "restarting", why }, effects: [{ do: "restart", why }] };
  const told = state.state === "waiting" && state.held === held;
  return {
    state: { state: "waiting", why, held },
    effects: [
      ...(told ? [] : [{ do: "log", words: `restart (${why}) waits: ${held}` } as const]),
      { do: "look-again" },
    ],
  };
}

function holds(use: IdleState): string | undefined {
  return !use.idle && (use.call || use.callback === true) ? use.why : undefined;
}
