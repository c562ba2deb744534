import { createHash } from "node:crypto";
import { journalEntry, type JournalEntry } from "@tonalite/agent/core/records";
import type { Southbound } from "../sessions/southbound.ts";
import { isTransient } from "../sessions/inform-writer.ts";

/** One row of the device's journal table, as text. */
export type RawEntry = { Id?: string; Sequence?: string; Kind?: string; Time?: string; Data?: string };

/** Rows of `Device.X_TONALITE_Journal.Entry.{i}.` gathered from a GetParameterValues answer. */
export function journalRows(parameters: Iterable<{ path: string; value: string }>): RawEntry[] {
  const rows = new Map<string, RawEntry>();
  for (const { path, value } of parameters) {
    const [, row, field] =
      /^Device\.X_TONALITE_Journal\.Entry\.(\d+)\.(Id|Sequence|Kind|Time|Data)$/.exec(path) ?? [];
    if (row === undefined || field === undefined) continue;
    rows.set(row, { ...rows.get(row), [field]: value });
  }
  return [...rows.values()];
}

/** @returns undefined when the entry does not follow the schema */
export function readEntry(raw: RawEntry): JournalEntry | undefined {
  let data: unknown;
  try {
    data = JSON.parse(raw.Data ?? "");
  } catch {
    return undefined;
  }
  const parsed = journalEntry.safeParse({
    id: raw.Id,
    sequence: Number(raw.Sequence),
    kind: raw.Kind,
    time: raw.Time,
    data,
  });
  return parsed.success ? parsed.data : undefined;
}

/**
 * Takes in a delivery of journal entries. What cannot be understood is kept as it came: a record that a newer firmware
 * writes must neither be lost nor block those behind it. Resolves when everything is durable.
 * @returns the highest sequence number of the delivery, undefined when it had none
 */
export async function takeInJournal(
  southbound: Pick<Southbound, "db" | "hooks" | "log">,
  deviceId: string,
  rows: readonly RawEntry[],
): Promise<number | undefined> {
  const { hooks, log } = southbound;
  const entries: { raw: RawEntry; entry: JournalEntry }[] = [];
  for (const raw of rows) {
    const entry = readEntry(raw);
    if (entry) entries.push({ raw, entry });
    else await keepUnread(southbound, deviceId, raw, "the entry does not follow its schema");
  }
  try {
    if (entries.length > 0)
      await hooks.ingestEntries(
        deviceId,
        entries.map(({ entry }) => entry),
      );
  } catch (error) {
    if (isTransient(error)) throw error;
    log.error({ deviceId, err: error }, "journal delivery not accepted as a whole, taken entry by entry");
    for (const { raw, entry } of entries) {
      try {
        await hooks.ingestEntries(deviceId, [entry]);
      } catch (cause) {
        if (isTransient(cause)) throw cause;
        await keepUnread(southbound, deviceId, raw, String(cause));
      }
    }
  }
  const sequences = rows
    .map((row) => Number(row.Sequence))
    .filter((sequence) => Number.isSafeInteger(sequence));
  return sequences.length > 0 ? Math.max(...sequences) : undefined;
}

async function keepUnread(
  { db, log }: Pick<Southbound, "db" | "log">,
  deviceId: string,
  raw: RawEntry,
  reason: string,
): Promise<void> {
  log.error({ deviceId, sequence: raw.Sequence, kind: raw.Kind, reason }, "journal entry kept unread");
  const time = Date.parse(raw.Time ?? "");
  const sequence = Number(raw.Sequence);
  await db
    .insertInto("journal_entries")
    .values({
      id: stableId(deviceId, raw),
      device_id: deviceId,
      sequence: Number.isSafeInteger(sequence) ? sequence : 0,
      kind: "unreadable",
      occurred_at: Number.isNaN(time) ? new Date() : new Date(time),
      data: JSON.stringify({ ...raw, reason }),
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** A UUID that the same entry has at every delivery (RFC 9562 §5.8, version 8). */
function stableId(deviceId: string, raw: RawEntry): string {
  const hex = createHash("sha256")
    .update(JSON.stringify([deviceId, raw.Id, raw.Sequence, raw.Kind, raw.Time, raw.Data]))
    .digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
