import { stepRestart, type RestartEvent, type RestartState } from "../core/restart/index.ts";
import type { IdleState } from "../core/update/index.ts";
import type { Log } from "./logging.ts";

/** Between looks at a line that holds a restart and does not tell its change. */
const lookAgainMs = 500;

/**
 * Restarts the box when it may.
 * @param use the lines as they stand
 * @param restart called once
 */
export function createRestarter(
  use: () => IdleState,
  restart: () => void,
  log: Log,
): { ask(why: string): void; lineChanged(): void } {
  let state: RestartState = { state: "running" };
  let timer: NodeJS.Timeout | undefined;
  const take = (event: RestartEvent): void => {
    const step = stepRestart(state, event);
    ({ state } = step);
    clearTimeout(timer);
    for (const effect of step.effects) {
      if (effect.do === "log") log.info({}, effect.words);
      if (effect.do === "look-again") timer = setTimeout(lineChanged, lookAgainMs);
      if (effect.do !== "restart") continue;
      log.info({ why: effect.why }, "restart");
      restart();
    }
  };
  const lineChanged = (): void => take({ on: "line", use: use() });
  return { ask: (why) => take({ on: "asked", why, use: use() }), lineChanged };
}
