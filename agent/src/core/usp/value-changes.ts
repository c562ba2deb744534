import type { DataModel } from "../data-model/index.ts";
import type { UspAgent, UspLog } from "./agent.ts";

export type ValueChangeOptions = {
  readonly model: Pick<DataModel, "subscribe">;
  readonly usp: UspAgent;
  /** Which parameters the controller hears about: never one with a secret. */
  readonly wanted: (path: string) => boolean;
  readonly log: UspLog;
};

/**
 * Tells the controller what the device itself changes, as ValueChange notifications (TR-369 §7.6.2) without answer: they
 * keep a live view current. What must not be lost is in the journal. Returns how to end it.
 */
export function notifyValueChanges({ model, usp, wanted, log }: ValueChangeOptions): () => void {
  return model.subscribe(({ path, value, origin }) => {
    if (origin !== "device" || !wanted(path)) return;
    const notify = { subscriptionId: "ValueChange", valueChange: { paramPath: path, paramValue: value } };
    usp.notify(notify).catch(() => log.debug({ path }, "usp: a change was not told, there is no connection"));
  });
}
