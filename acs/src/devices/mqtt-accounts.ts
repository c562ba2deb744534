import type { Kysely } from "kysely";
import type { Log } from "../log.ts";
import type { Sealer } from "../secrets/seal.ts";
import type { Database } from "../store/database.ts";

type Broker = { setCredential(endpointId: string, password: string): Promise<void> };

export type MqttAccounts = {
  /** Makes sure that the broker lets the box in with this password; costs nothing when it was done before. */
  ensure(endpointId: string, password: string): Promise<void>;
  /** Gives the broker every account of the store; ends early when `signal` aborts. */
  restore(signal: AbortSignal): Promise<void>;
};

const accountsAtOnce = 100;

/** Keeps the broker's accounts as the store has them. */
export function createMqttAccounts(
  { db, sealer, log }: { db: Kysely<Database>; sealer: Sealer; log: Log },
  broker: Broker,
): MqttAccounts {
  const known = new Map<string, string>();
  const ensure = async (endpointId: string, password: string): Promise<void> => {
    // The fingerprint, not the password, stays in memory.
    const mark = sealer.fingerprint(password).toString("base64");
    if (known.get(endpointId) === mark) return;
    await broker.setCredential(endpointId, password);
    known.set(endpointId, mark);
  };
  return {
    ensure,
    async restore(signal) {
      for (let after = ""; !signal.aborted;) {
        const rows = await db
          .selectFrom("devices")
          .select(["endpoint_id", "mqtt_password_sealed"])
          .where("endpoint_id", ">", after)
          .where("mqtt_password_sealed", "is not", null)
          .orderBy("endpoint_id")
          .limit(accountsAtOnce)
          .execute();
        if (rows.length === 0) return;
        after = rows.at(-1)?.endpoint_id ?? "";
        const set = rows.map(async ({ endpoint_id: endpointId, mqtt_password_sealed: sealed }) => {
          if (endpointId !== null && sealed) await ensure(endpointId, sealer.open(sealed));
        });
        for (const outcome of await Promise.allSettled(set))
          if (outcome.status === "rejected")
            log.error({ err: outcome.reason as unknown }, "broker account not restored");
      }
    },
  };
}
