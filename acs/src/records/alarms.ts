import { alarmRecord } from "@tonalite/agent/core/records";
import { sql, type Kysely } from "kysely";
import type { Alarm } from "../api/schemas/diagnostics.ts";
import type { Database } from "../store/database.ts";

/** A device keeps sixteen at most; a few more may have been overtaken by a loss of its journal. */
const most = 50;

/** What is wrong with a device now: the last word on each alarm, without those that are over. The newest first. */
export async function currentAlarms(db: Kysely<Database>, deviceId: string): Promise<Alarm[]> {
  const rows = await db
    .selectFrom("journal_entries")
    .distinctOn(sql`data ->> 'identifier'`)
    .select(["data", "occurred_at"])
    .where("device_id", "=", deviceId)
    .where("kind", "=", "alarm")
    .orderBy(sql`data ->> 'identifier'`)
    .orderBy("sequence", "desc")
    .execute();
  return rows
    .flatMap(({ data, occurred_at: at }) => {
      const record = alarmRecord.safeParse(data);
      if (!record.success || record.data.change === "ClearedAlarm") return [];
      const { change: _change, cause: _cause, raised, ...alarm } = record.data;
      return { ...alarm, raisedAt: new Date(raised).toISOString(), changedAt: at.toISOString() };
    })
    .sort((one, other) => other.raisedAt.localeCompare(one.raisedAt))
    .slice(0, most);
}
