import type { JournalEntry } from "@tonalite/agent/core/records";
import type { Profiles } from "@tonalite/device-profiles";
import type { Kysely, Transaction } from "kysely";
import { applyUpdateState, type UpdateChange } from "../campaigns/follow.ts";
import type { AcsEvent, EventBus } from "../events.ts";
import type { Database } from "../store/database.ts";
import { shippedProfiles } from "../terms/provider-terms.ts";
import { json, toCallRow, toRegistrationRow } from "./derive.ts";

/** What became of a delivery. `foreign`: ids that another device has used before; not stored again. */
export type Intake = { stored: number; duplicates: number; foreign: string[] };

// A box keeps at most 50 entries in its data model; this bounds one statement whatever a caller brings.
const batchSize = 500;

/**
 * Takes in a box's journal exactly once: an entry's row and everything derived from it (call record, registration
 * change, line status, update state) are written in one transaction, keyed by the entry's id, so a delivery that is
 * repeated or races with itself changes nothing. Resolves after the commit: only then may the box be told.
 */
export async function ingestEntries(
  db: Kysely<Database>,
  bus: EventBus,
  deviceId: string,
  entries: readonly JournalEntry[],
  profiles: Profiles = shippedProfiles(),
): Promise<Intake> {
  const intake: Intake = { stored: 0, duplicates: 0, foreign: [] };
  for (let start = 0; start < entries.length; start += batchSize) {
    const batch = entries.slice(start, start + batchSize);
    const done = await db
      .transaction()
      .execute((transaction) => takeIn(transaction, deviceId, batch, profiles));
    intake.stored += done.stored;
    intake.duplicates += batch.length - done.stored;
    intake.foreign.push(...done.foreign);
    for (const event of done.events) bus.publish(event);
  }
  return intake;
}

async function takeIn(
  transaction: Transaction<Database>,
  deviceId: string,
  batch: readonly JournalEntry[],
  profiles: Profiles,
) {
  const fresh = await insertNew(transaction, deviceId, batch);
  const events: AcsEvent[] = fresh.length > 0 ? [{ type: "journal", deviceId, entries: fresh.length }] : [];
  const calls = fresh.filter((entry) => entry.kind === "call");
  if (calls.length > 0) {
    const provider = profiles.providers.get((await providerOf(transaction, deviceId)) ?? "");
    await transaction
      .insertInto("call_records")
      .values(calls.map((entry) => toCallRow(deviceId, entry, provider)))
      .execute();
    events.push(...calls.map((entry): AcsEvent => ({ type: "call", deviceId, callId: entry.id })));
  }
  const changes = fresh.filter((entry) => entry.kind === "registration");
  if (changes.length > 0) {
    await transaction
      .insertInto("registration_changes")
      .values(changes.map((entry) => toRegistrationRow(deviceId, entry)))
      .execute();
    events.push(...(await followLines(transaction, deviceId, changes)));
  }
  for (const entry of fresh.filter((one) => one.kind === "update")) {
    const change: UpdateChange | undefined = await applyUpdateState(
      transaction,
      deviceId,
      { ...entry.data, sequence: entry.sequence },
      new Date(entry.time),
    );
    if (change) events.push({ type: "update", deviceId, ...change });
  }
  return { stored: fresh.length, foreign: await foreignIds(transaction, deviceId, batch, fresh), events };
}

/** Inserts the entries that no earlier delivery brought; in id order, so that racing deliveries cannot deadlock. */
async function insertNew(
  transaction: Transaction<Database>,
  deviceId: string,
  batch: readonly JournalEntry[],
): Promise<JournalEntry[]> {
  const byId = new Map(batch.map((entry) => [entry.id.toLowerCase(), entry]));
  const inOrder = [...byId].sort(([a], [b]) => (a < b ? -1 : 1));
  if (inOrder.length === 0) return [];
  const inserted = await transaction
    .insertInto("journal_entries")
    .values(
      inOrder.map(([id, { sequence, kind, time, data }]) => ({
        id,
        device_id: deviceId,
        sequence,
        kind,
        occurred_at: new Date(time),
        data: json(data),
      })),
    )
    .onConflict((conflict) => conflict.column("id").doNothing())
    .returning("id")
    .execute();
  const ids = new Set(inserted.map((row) => row.id));
  return inOrder
    .flatMap(([id, entry]) => (ids.has(id) ? [entry] : []))
    .sort((a, b) => a.sequence - b.sequence);
}

async function providerOf(transaction: Transaction<Database>, deviceId: string): Promise<string | null> {
  const row = await transaction
    .selectFrom("devices")
    .select("provider")
    .where("id", "=", deviceId)
    .executeTakeFirst();
  return row?.provider ?? null;
}

/** The newest change of each line becomes the line's status, unless the line has heard newer news. */
async function followLines(
  transaction: Transaction<Database>,
  deviceId: string,
  changes: readonly Extract<JournalEntry, { kind: "registration" }>[],
): Promise<AcsEvent[]> {
  const newest = new Map(changes.map((entry) => [entry.data.line, entry])); // the last of a line wins: they come in sequence
  for (const [line, entry] of [...newest].sort(([a], [b]) => a - b)) {
    const { status } = entry.data;
    const at = new Date(entry.time);
    const known = await transaction
      .selectFrom("lines")
      .select(["status", "status_since"])
      .where("device_id", "=", deviceId)
      .where("line", "=", line)
      .forUpdate() // deliveries that race with each other look at the changes one after the other
      .executeTakeFirst();
    // The same status again keeps the moment since when it holds.
    if (!known || known.status === status || (known.status_since && known.status_since > at)) continue;
    if (await hasLaterChange(transaction, deviceId, line, at)) continue;
    await transaction
      .updateTable("lines")
      .set({ status, status_since: at })
      .where("device_id", "=", deviceId)
      .where("line", "=", line)
      .execute();
  }
  return [...newest].map(([line, entry]) => ({
    type: "registration",
    deviceId,
    line,
    status: entry.data.status,
  }));
}

async function hasLaterChange(
  transaction: Transaction<Database>,
  deviceId: string,
  line: number,
  at: Date,
): Promise<boolean> {
  const later = await transaction
    .selectFrom("registration_changes")
    .select("id")
    .where("device_id", "=", deviceId)
    .where("line", "=", line)
    .where("at", ">", at)
    .limit(1)
    .executeTakeFirst();
  return later !== undefined;
}

async function foreignIds(
  transaction: Transaction<Database>,
  deviceId: string,
  batch: readonly JournalEntry[],
  fresh: readonly JournalEntry[],
): Promise<string[]> {
  if (fresh.length === batch.length) return [];
  const rows = await transaction
    .selectFrom("journal_entries")
    .select("id")
    .where(
      "id",
      "in",
      batch.map((entry) => entry.id),
    )
    .where("device_id", "!=", deviceId)
    .execute();
  return rows.map((row) => row.id);
}
