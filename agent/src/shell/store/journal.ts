import { randomUUID } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import type { Journal } from "../../core/ports.ts";
import type { JournalData, JournalEntry, JournalKind } from "../../core/records/index.ts";
import { transaction } from "./store.ts";

/** Entries kept after their receipt, for whoever looks at the box. */
const keptDelivered = 200;
/** A box that nobody ever empties must not fill its flash: beyond this the oldest go, and an entry says how many. */
const defaultCapacity = 5000;

type Row = { sequence: number; id: string; kind: string; time: string; data: string };

/** Listeners hear of an entry once it is durable: what a transaction appends waits for its end. */
export type StoredJournal = Journal & { settle(committed: boolean): void };

/** @param capacity undelivered entries that are kept at most. */
export function openJournal(database: DatabaseSync, capacity: number = defaultCapacity): StoredJournal {
  const insert = database.prepare("INSERT INTO journal (id, kind, time, data) VALUES (?, ?, ?, ?)");
  const oldest = database.prepare(
    "SELECT sequence, id, kind, time, data FROM journal WHERE delivered = 0 ORDER BY sequence LIMIT ?",
  );
  const latestOf = database.prepare(
    "SELECT sequence, id, kind, time, data FROM journal WHERE kind = ? ORDER BY sequence DESC LIMIT ?",
  );
  const count = database.prepare("SELECT count(*) AS pending FROM journal WHERE delivered = 0");
  const deliverUpTo = database.prepare(
    "UPDATE journal SET delivered = 1 WHERE delivered = 0 AND sequence <= ?",
  );
  const deliverOne = database.prepare("UPDATE journal SET delivered = 1 WHERE delivered = 0 AND id = ?");
  const forgetDelivered = database.prepare(
    `DELETE FROM journal WHERE delivered = 1 AND sequence <=
       (SELECT sequence FROM journal WHERE delivered = 1 ORDER BY sequence DESC LIMIT 1 OFFSET ?)`,
  );
  const forgetOldest = database.prepare(
    `DELETE FROM journal WHERE sequence IN
       (SELECT sequence FROM journal WHERE delivered = 0 ORDER BY sequence LIMIT ?)`,
  );
  const listeners: ((entry: JournalEntry) => void)[] = [];
  const pendingCount = (): number => Number(count.get()?.["pending"] ?? 0);

  function insertEntry(kind: JournalKind, data: JournalData): JournalEntry {
    const id = randomUUID();
    const time = new Date().toISOString();
    const { lastInsertRowid } = insert.run(id, kind, time, JSON.stringify(data));
    return { id, sequence: Number(lastInsertRowid), kind, time, data } as JournalEntry;
  }

  /** Room for new entries: a tenth of the capacity goes at once, with one entry that tells it. */
  function makeRoom(): JournalEntry[] {
    if (pendingCount() < capacity) return [];
    const lost = Math.ceil(capacity / 10);
    const work = (): JournalEntry[] => {
      forgetOldest.run(lost);
      const detail = `${lost} undelivered entries lost`;
      return [insertEntry("system", { what: "journal-overflow", detail })];
    };
    return database.isTransaction ? work() : transaction(database, work);
  }

  let unsettled: JournalEntry[] = [];
  function settle(committed: boolean): void {
    const entries = unsettled;
    unsettled = [];
    if (!committed) return;
    for (const entry of entries) for (const listener of listeners) listener(entry);
  }

  const toEntry = (row: Row): JournalEntry =>
    ({ ...row, data: JSON.parse(row.data) as unknown }) as JournalEntry;

  return {
    append: (kind, data) => {
      unsettled.push(...makeRoom());
      const entry = insertEntry(kind, data);
      unsettled.push(entry);
      if (!database.isTransaction) settle(true);
      return entry;
    },
    latest: <K extends JournalKind>(kind: K, limit: number) =>
      (latestOf.all(kind, limit) as unknown as Row[]).map(toEntry) as Extract<JournalEntry, { kind: K }>[],
    pending: (limit) => (oldest.all(limit) as unknown as Row[]).map(toEntry),
    pendingCount,
    acknowledge: (upTo) => {
      if (typeof upTo === "number") deliverUpTo.run(upTo);
      else deliverOne.run(upTo);
      forgetDelivered.run(keptDelivered);
    },
    onAppend: (listener) => void listeners.push(listener),
    settle,
  };
}
