import { sql, type Kysely } from "kysely";
import { cutPage, containing, decodePosition, encodePosition, olderThan } from "../api/cursor.ts";
import { notFound } from "../api/problem.ts";
import type {
  AppliedTerm,
  Call,
  CallFax,
  CallMedia,
  CallQuery,
  JournalRow,
  Page,
  Registration,
} from "../api/schemas.ts";
import type { Database } from "../store/database.ts";
import { countedEffect } from "./derive.ts";

/** Calls of one device or of all, newest first. */
export async function listCalls(db: Kysely<Database>, query: CallQuery): Promise<Page<Call>> {
  let select = callsWithDetails(db)
    .orderBy("call_records.started_at", "desc")
    .orderBy("call_records.id", "desc")
    .limit(query.limit + 1);
  const { device, since, until, direction, cause, number, after } = query;
  if (device !== undefined) select = select.where("call_records.device_id", "=", device);
  if (since !== undefined) select = select.where("call_records.started_at", ">=", new Date(since));
  if (until !== undefined) select = select.where("call_records.started_at", "<", new Date(until));
  if (direction !== undefined) select = select.where("call_records.direction", "=", direction);
  if (cause !== undefined) select = select.where("call_records.cause", "=", cause);
  if (number !== undefined) {
    const pattern = containing(number);
    select = select.where((row) =>
      row.or([row("from_number", "ilike", pattern), row("to_number", "ilike", pattern)]),
    );
  }
  if (after !== undefined)
    select = select.where(olderThan("call_records.started_at", "call_records.id", decodePosition(after)));
  return cutPage(await select.execute(), query.limit, toCall, (row) =>
    encodePosition({ at: row.started_at, id: row.id }),
  );
}

/** @throws ApiProblem `not-found` */
export async function readCall(db: Kysely<Database>, id: string): Promise<Call> {
  const row = await callsWithDetails(db).where("call_records.id", "=", id).executeTakeFirst();
  if (!row) throw notFound(`call ${id}`, "GET /api/calls lists the calls.");
  return toCall(row);
}

/** A device's registration changes, newest first. */
export async function listRegistrations(
  db: Kysely<Database>,
  deviceId: string,
  query: { limit: number; after?: string | undefined },
): Promise<Page<Registration>> {
  let select = db
    .selectFrom("registration_changes")
    .innerJoin("journal_entries", "journal_entries.id", "registration_changes.id")
    .selectAll("registration_changes")
    .select(sql<string | null>`journal_entries.data ->> 'registrar'`.as("registrar"))
    .where("registration_changes.device_id", "=", deviceId)
    .orderBy("registration_changes.at", "desc")
    .orderBy("registration_changes.id", "desc")
    .limit(query.limit + 1);
  if (query.after !== undefined)
    select = select.where(
      olderThan("registration_changes.at", "registration_changes.id", decodePosition(query.after)),
    );
  return cutPage(
    await select.execute(),
    query.limit,
    (row) => ({
      id: row.id,
      deviceId: row.device_id,
      line: row.line,
      status: row.status,
      code: row.code,
      reason: row.reason,
      registrar: row.registrar,
      at: row.at.toISOString(),
    }),
    (row) => encodePosition({ at: row.at, id: row.id }),
  );
}

/** A device's journal, newest first. */
export async function listJournal(
  db: Kysely<Database>,
  deviceId: string,
  query: { limit: number; after?: string | undefined; kind?: string | undefined },
): Promise<Page<JournalRow>> {
  let select = db
    .selectFrom("journal_entries")
    .selectAll()
    .where("device_id", "=", deviceId)
    .orderBy("occurred_at", "desc")
    .orderBy("id", "desc")
    .limit(query.limit + 1);
  if (query.kind !== undefined) select = select.where("kind", "=", query.kind);
  if (query.after !== undefined)
    select = select.where(olderThan("occurred_at", "id", decodePosition(query.after)));
  return cutPage(
    await select.execute(),
    query.limit,
    (row) => ({
      id: row.id,
      deviceId: row.device_id,
      sequence: row.sequence,
      kind: row.kind,
      occurredAt: row.occurred_at.toISOString(),
      receivedAt: row.received_at.toISOString(),
      data: row.data as Record<string, unknown>,
    }),
    (row) => encodePosition({ at: row.occurred_at, id: row.id }),
  );
}

function callsWithDetails(db: Kysely<Database>) {
  return db
    .selectFrom("call_records")
    .innerJoin("journal_entries", "journal_entries.id", "call_records.id")
    .selectAll("call_records")
    .select([
      "journal_entries.received_at",
      sql<string | null>`journal_entries.data ->> 'name'`.as("name"),
      sql<string | null>`journal_entries.data ->> 'sipCallId'`.as("sip_call_id"),
      sql<CallFax | null>`journal_entries.data -> 'fax'`.as("fax"),
    ]);
}

type CallRow = Awaited<ReturnType<ReturnType<typeof callsWithDetails>["execute"]>>[number];

function toCall(row: CallRow): Call {
  const terms = row.terms as AppliedTerm[];
  return {
    id: row.id,
    deviceId: row.device_id,
    line: row.line,
    direction: row.direction,
    from: row.from_number ?? "",
    to: row.to_number ?? "",
    name: row.name,
    sipCallId: row.sip_call_id || null,
    start: row.started_at.toISOString(),
    answer: row.answered_at?.toISOString() ?? null,
    end: row.ended_at.toISOString(),
    durationSeconds: row.duration_seconds,
    chargeableSeconds: isCounted(row, terms) ? row.chargeable_seconds : null,
    cause: row.cause,
    endedBy: row.ended_by ?? "",
    sipCode: row.sip_code,
    sipReason: row.sip_reason,
    codec: row.codec,
    media: row.media as CallMedia | null,
    fax: row.fax,
    terms,
    receivedAt: row.received_at.toISOString(),
  };
}

/** Nothing counts in calls that were not answered or came in; else a rule must have counted it. */
function isCounted(row: Pick<CallRow, "answered_at" | "direction">, terms: readonly AppliedTerm[]): boolean {
  return (
    row.answered_at === null ||
    row.direction === "incoming" ||
    terms.some((term) => countedEffect.test(term.effect))
  );
}
