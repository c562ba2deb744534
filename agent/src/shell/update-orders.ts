/** Orders that management writes into Device.X_TONALITE_Update: agreement, cancellation, confirmation, recall. */
import type { DataModel } from "../core/data-model/index.ts";
import type { Journal } from "../core/ports.ts";
import type { Log } from "./logging.ts";
import type { UpdateEngine } from "./update/index.ts";

const base = "Device.X_TONALITE_Update.";

/**
 * Carries out what is written. Each order names what it is for, so that one that comes late, or twice, does nothing.
 * @returns ends it
 */
export function takeUpdateOrders(
  model: DataModel,
  updates: Pick<UpdateEngine, "agree" | "cancel" | "confirm" | "recall" | "view">,
  journal: Pick<Journal, "append">,
  log: Log,
): () => void {
  const orders: Record<string, (value: string) => string | undefined> = {
    Agree(commandKey) {
      if (updates.view.commandKey !== commandKey) return "no update has this command key";
      return updates.agree() ? undefined : "no update waits for agreement";
    },
    Cancel: (commandKey) => refusal(updates.cancel(commandKey)),
    ConfirmTrial: (version) => refusal(updates.confirm(version)),
    Recall(version) {
      const commandKey = model.value(`${base}RecallCommandKey`);
      const refused = refusal(
        updates.recall({
          version,
          why: model.value(`${base}RecallReason`),
          commandKey,
          // Whoever recalls has seen harm: only what law 7 protects holds it.
          force: true,
          urgent: true,
          door: "local",
        }),
      );
      // Whoever gave it a name waits to hear of it.
      if (refused !== undefined && commandKey !== "")
        journal.append("update", {
          version: "",
          from: version.slice(0, 64),
          state: "rejected",
          reason: refused.slice(0, 512),
          clause: null,
          commandKey,
        });
      return refused;
    },
  };
  return model.subscribe(({ path, value, origin }) => {
    if (origin === "device" || !path.startsWith(base) || value === "") return;
    const name = path.slice(base.length);
    const order = orders[name];
    // After the write as a whole: a recall's reason may come with it.
    if (order) setImmediate(() => carryOut(name, value, order));
  });

  function carryOut(name: string, value: string, order: (value: string) => string | undefined): void {
    const refused = order(value);
    if (refused === undefined) log.info({ order: name, value }, "update order");
    else log.warn({ order: name, value, refused }, "update order refused");
  }
}

const refusal = (
  answer: { accepted: true } | { accepted: false; fault: { string: string } },
): string | undefined => (answer.accepted ? undefined : answer.fault.string);
