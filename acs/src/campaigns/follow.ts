import { sql, type Kysely, type Transaction } from "kysely";
import type { Database } from "../store/database.ts";
import { bringsOrder } from "./orders.ts";
import { isFinal } from "./states.ts";

/**
 * What a device says about an update: in its journal (with the command key) or in an Inform (perhaps the state alone).
 * `reason` null: it did not say.
 */
export type UpdateNote = {
  state: string;
  reason: string | null;
  version?: string | null | undefined;
  clause?: string | null | undefined;
  commandKey?: string | null | undefined;
  /** of the journal entry that says it */
  sequence?: number | undefined;
};
export type UpdateChange = { updateId: string; state: string };

/**
 * Writes a device's word about an update to its row. A finished update stays as it is; words that belong to no update
 * of this ACS (one started on the box itself) change nothing.
 */
export async function applyUpdateState(
  db: Kysely<Database> | Transaction<Database>,
  deviceId: string,
  note: UpdateNote,
  at: Date,
): Promise<UpdateChange | undefined> {
  if (note.state === "idle") return undefined;
  const update = await findUpdate(db, deviceId, note);
  if (!update) return undefined;
  if (await isOvertaken(db, deviceId, note)) return undefined;
  const isSame = update.state === note.state;
  if (isSame && (note.reason === null || note.reason === (update.reason ?? ""))) return undefined;
  const changed = await db
    .updateTable("updates")
    .set({
      state: note.state,
      reason: note.reason || null,
      updated_at: at,
      ...(note.version
        ? { target_version: sql<string>`case kind when 'recall' then ${note.version} end` }
        : {}),
      ...(isFinal(note.state) ? { finished_at: at } : {}),
    })
    .where("id", "=", update.id)
    .where("finished_at", "is", null)
    .executeTakeFirst();
  return changed.numUpdatedRows > 0n ? { updateId: update.id, state: note.state } : undefined;
}

type OpenUpdate = { id: string; state: string; reason: string | null };

async function findUpdate(
  db: Kysely<Database> | Transaction<Database>,
  deviceId: string,
  { commandKey, version, state }: UpdateNote,
): Promise<OpenUpdate | undefined> {
  const open = db
    .selectFrom("updates")
    .select(["updates.id", "updates.state", "updates.reason"])
    .where("updates.device_id", "=", deviceId)
    .where("finished_at", "is", null);
  // Locked: deliveries that race with each other look at the journal one after the other.
  if (commandKey) return open.where("command_key", "=", commandKey).forUpdate().executeTakeFirst();
  // Without its key, a state may be left over from an earlier update: only an order that the device has can be meant,
  // and an end must name its version at least.
  if (!version && isFinal(state)) return undefined;
  let sent = open
    .innerJoin("commands", (join) =>
      join.on("commands.kind", "=", "download").onRef("commands.device_id", "=", "updates.device_id"),
    )
    .where("commands.state", "in", ["sent", "done"])
    .where(sql<boolean>`commands.arguments ->> 'commandKey' = updates.command_key`);
  if (version)
    sent = sent.where((row) =>
      row(
        "updates.image_id",
        "in",
        row.selectFrom("firmware_images").select("id").where("version", "=", version),
      ),
    );
  return sent.orderBy("updates.created_at", "desc").executeTakeFirst();
}

/** Whether the journal already holds a later entry about the same update: deliveries may overtake each other. */
async function isOvertaken(
  db: Kysely<Database> | Transaction<Database>,
  deviceId: string,
  { sequence, commandKey }: UpdateNote,
): Promise<boolean> {
  if (sequence === undefined || !commandKey) return false;
  const later = await db
    .selectFrom("journal_entries")
    .select("id")
    .where("device_id", "=", deviceId)
    .where("kind", "=", "update")
    .where("sequence", ">", sequence)
    .where(sql<boolean>`data ->> 'commandKey' = ${commandKey}`)
    .limit(1)
    .executeTakeFirst();
  return later !== undefined;
}

/**
 * Ends updates whose download the device refused or never answered: the order failed, so nothing more will come.
 * @returns the updates that ended
 */
export async function settleRefused(
  db: Kysely<Database> | Transaction<Database>,
  deviceId: string,
  at: Date,
): Promise<UpdateChange[]> {
  const ended = await db
    .updateTable("updates")
    .from("commands")
    .set({
      state: "failed",
      reason: sql<string>`coalesce(commands.result ->> 'reason', nullif(commands.result ->> 'faultString', ''),
        'the device refused the order')`,
      fault: sql<
        string | null
      >`case when commands.result ->> 'faultCode' ~ '^[0-9]{1,9}$' then jsonb_build_object(
        'code', (commands.result ->> 'faultCode')::int, 'message', commands.result ->> 'faultString') end`,
      updated_at: at,
      finished_at: at,
    })
    .where("updates.device_id", "=", deviceId)
    .where("updates.finished_at", "is", null)
    .where("commands.device_id", "=", deviceId)
    .where("commands.state", "=", "failed")
    .where(bringsOrder(sql.ref("updates.command_key")))
    .returning(["updates.id", "updates.state"])
    .execute();
  return ended.map(({ id, state }) => ({ updateId: id, state }));
}

/** A TransferComplete's fault; code 0 is success (TR-069 Amendment 6, A.3.3.2). */
export type TransferFault = { code: number; string: string };

/** The outcome as TransferComplete tells it: the last word of an update whose own states did not come through. */
export async function applyTransferComplete(
  db: Kysely<Database>,
  deviceId: string,
  commandKey: string,
  fault: TransferFault | null,
  at: Date,
): Promise<UpdateChange | undefined> {
  const failed = fault !== null && fault.code !== 0;
  const row = await db
    .selectFrom("updates")
    .select(["id", "state", "finished_at", "reason"])
    .where("device_id", "=", deviceId)
    .where("command_key", "=", commandKey)
    .executeTakeFirst();
  if (!row) return undefined;
  // Our own agent says in the fault that it went back; its own word may come later, over the other protocol.
  const back = failed ? /^rolled back: (.*)$/s.exec(fault.string)?.[1] : undefined;
  const end = back === undefined ? (failed ? "failed" : "committed") : "rolled-back";
  const state = row.finished_at ? row.state : end;
  await db
    .updateTable("updates")
    .set({
      state,
      updated_at: at,
      ...(row.finished_at ? {} : { finished_at: at, reason: failed ? (back ?? fault.string) : null }),
      ...(failed ? { fault: JSON.stringify({ code: fault.code, message: fault.string }) } : {}),
    })
    .where("id", "=", row.id)
    .execute();
  return { updateId: row.id, state };
}
