import type { DataModel } from "../../core/data-model/index.ts";
import type { EngineEvent } from "../../core/engine-event.ts";
import { chosenNetwork, messageSubscription } from "../../core/provisioning/index.ts";
import type { Log } from "../logging.ts";

type SubscriptionEvent = Extract<EngineEvent, { event: "subscription" }>;

/** How asking a line's provider for waiting messages stands, as management sees it. */
export type MessageSubscription = {
  /** The settings may have changed. */
  renew(): void;
  take(event: SubscriptionEvent): void;
};

export function openMessageSubscription(line: number, model: DataModel, log: Log): MessageSubscription {
  /** The row that was told of last. */
  let row: string | null = null;

  function chosen(): string | null {
    const value = (path: string): string => model.value(path);
    const network = chosenNetwork(line, value);
    return network !== undefined && messageSubscription(network, value) > 0
      ? `${network}EventSubscribe.1.`
      : null;
  }

  function publish(status: string, reason: string): void {
    if (row === null || !model.hasObject(row)) return;
    model.publish(`${row}X_TONALITE_Status`, status);
    model.publish(`${row}X_TONALITE_Reason`, reason);
  }

  return {
    renew: () => {
      const next = chosen();
      if (next === row) return;
      publish("Disabled", "");
      row = next;
      publish("Subscribing", "");
    },
    take: ({ state, code, reason }) => {
      if (state === "active") return publish("Up", "");
      log.warn({ line: line + 1, code, reason }, "the provider does not tell of waiting messages");
      publish("Error", `${code} ${reason}`.trim());
    },
  };
}
