import { uptime } from "node:os";
import type { DataModel } from "../core/data-model/index.ts";
import type { KeyValueStore } from "../core/ports.ts";
import {
  crashHistory,
  type CrashHistory,
  forgetSpells,
  judgeStart,
  provenAfter,
  type SafeMode,
} from "../core/restart/index.ts";
import type { Alarms } from "./alarms/index.ts";
import type { Log } from "./logging.ts";
import type { Crash } from "./run-marker.ts";

const key = "crashes";
const base = "Device.X_TONALITE_Voice.";

export type SafeModeGate = {
  /** null: voice works as ever. */
  readonly mode: SafeMode | null;
  /**
   * Shows it, and waits for its end: management's order, or the time.
   * @param restart starts the box, which tries voice again
   * @returns ends the waiting
   */
  begin(model: DataModel, alarms: Pick<Alarms, "tell">, restart: (why: string) => void, log: Log): () => void;
};

/**
 * Decides at a start of the agent whether the box is in safe mode; durable when it returns.
 * @param start `ofBox`: no agent ran before this one since the box started
 */
export function openSafeMode(
  values: KeyValueStore,
  start: { version: string; ofBox: boolean; trial: boolean; crash: Crash | null },
): SafeModeGate {
  const kept = crashHistory.safeParse(values.get(key));
  const judged = judgeStart(kept.success ? kept.data : null, { ...start, uptime: Math.floor(uptime()) });
  const keep = (history: CrashHistory): void => values.set(key, history);
  if (JSON.stringify(judged.history) !== JSON.stringify(kept.data)) keep(judged.history);
  const mode = judged.safe;

  return {
    mode,
    begin(model, alarms, restart, log) {
      const about = { kind: "safe-mode", object: "Device.Services.VoiceService.1" } as const;
      if (mode === null) {
        alarms.tell({ holds: false, ...about });
        if (judged.history.spells === 0) return () => {};
        const proven = setTimeout(() => keep(forgetSpells(judged.history)), provenAfter * 1000);
        return () => clearTimeout(proven);
      }
      const { crashes, reason, remaining } = mode;
      model.publish(`${base}State`, "SafeMode");
      model.publish(
        `${base}Reason`,
        `${crashes} crashes in five minutes, the last one: ${reason}`.slice(0, 256),
      );
      log.error({ crashes, reason, remaining }, "safe mode: management without voice");
      alarms.tell({
        holds: true,
        ...about,
        text: `${crashes} crashes in five minutes, the last one: ${reason}`,
      });
      const over = setTimeout(() => restart("safe mode is over: voice gets another try"), remaining * 1000);
      const unsubscribe = model.subscribe(({ origin, path, value }) => {
        if (origin === "device" || path !== `${base}Resume` || value !== "true") return;
        // The answer leaves first.
        setImmediate(() => restart("management wants voice to be tried again"));
      });
      return () => {
        clearTimeout(over);
        unsubscribe();
      };
    },
  };
}
