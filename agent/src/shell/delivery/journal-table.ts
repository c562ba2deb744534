import type { DataModel } from "../../core/data-model/index.ts";
import type { Journal } from "../../core/ports.ts";
import type { JournalEntry } from "../../core/records/index.ts";

const base = "Device.X_TONALITE_Journal.";
const table = `${base}Entry.`;
/** How many entries an ACS sees at once; its receipt brings up the next. */
const shown = 50;

/** Shows the oldest undelivered entries as Device.X_TONALITE_Journal.Entry.{i}. and takes the ACS's receipts. */
export function showJournal(model: DataModel, journal: Journal): { refresh(): void } {
  let entries: JournalEntry[] = [];
  let rows = 0;

  function refresh(): void {
    const count = journal.pendingCount();
    entries = count === 0 ? [] : journal.pending(shown);
    while (rows < entries.length) addRow((rows += 1));
    while (rows > entries.length) model.removeInstance(table, rows--);
    model.publish(`${base}PendingEntries`, String(count));
  }

  // Values are asked for when they are read: an entry is not copied into the tree.
  function addRow(row: number): void {
    model.addInstance(table, row);
    const show = (name: string, of: (entry: JournalEntry) => string): void =>
      model.provide(`${table}${row}.${name}`, () => {
        const entry = entries[row - 1];
        return entry ? of(entry) : "";
      });
    show("Id", (entry) => entry.id);
    show("Sequence", (entry) => String(entry.sequence));
    show("Kind", (entry) => entry.kind);
    show("Time", (entry) => entry.time);
    show("Data", (entry) => JSON.stringify(entry.data));
  }

  model.subscribe(({ path, value, origin }) => {
    if (path !== `${base}Acknowledge` || origin === "device") return;
    journal.acknowledge(Number(value));
    refresh();
  });
  journal.onAppend(refresh);
  refresh();
  return { refresh };
}
