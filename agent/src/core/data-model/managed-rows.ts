import type { Tree } from "./tree.ts";

export type RowResult =
  | { ok: true; instance: number }
  | { ok: false; code: 9001 | 9004 | 9005; message: string };

const rowForm = /^(.*\.)(\d{1,9})\.$/;

/** Rows that management added: only these may it delete. Numbers are never given twice (TR-069 A.3.2.6). */
export class ManagedRows {
  readonly #tree: Tree;
  readonly #added = new Set<string>();
  /** The highest number each table ever gave. */
  readonly #highest = new Map<string, number>();

  constructor(tree: Tree) {
    this.#tree = tree;
  }

  has(row: string): boolean {
    return this.#added.has(row);
  }

  /** Whether management may add one more. */
  hasRoom(table: string): boolean {
    const { mostRows = 0 } = this.#tree.node(table)?.template ?? {};
    return this.#tree.count(table) < mostRows;
  }

  /** The number that the next row of a table gets, or why there is none. */
  next(table: string): RowResult {
    const template = this.#tree.node(table)?.template;
    if (template?.table !== true || template.mostRows === undefined)
      return { ok: false, code: 9005, message: "rows cannot be added here" };
    if (!this.hasRoom(table))
      return { ok: false, code: 9004, message: "Resources exceeded: the device can use no more rows" };
    const present = this.#tree.instances(table);
    return { ok: true, instance: Math.max(0, this.#highest.get(table) ?? 0, ...present) + 1 };
  }

  note(table: string, instance: number): void {
    this.#added.add(`${table}${instance}.`);
    this.#highest.set(table, Math.max(instance, this.#highest.get(table) ?? 0));
  }

  /** The table and number of a row that management may delete, or why it may not. */
  deletable(row: string): { ok: true; table: string; instance: number } | (RowResult & { ok: false }) {
    const [, table = "", instance = ""] = (this.#tree.node(row) && rowForm.exec(row)) ?? [];
    if (table === "") return { ok: false, code: 9005, message: "no such row" };
    if (!this.#added.has(row)) return { ok: false, code: 9001, message: "the row is the device's own" };
    return { ok: true, table, instance: Number(instance) };
  }

  forget(row: string): void {
    for (const added of this.#added) if (added.startsWith(row)) this.#added.delete(added);
    for (const table of this.#highest.keys()) if (table.startsWith(row)) this.#highest.delete(table);
  }

  /** Rows ("A.B.3." → "") and the highest numbers given ("A.B." → "5"), for the store. */
  *snapshot(): Generator<[path: string, value: string]> {
    for (const row of this.#added) yield [row, ""];
    for (const [table, highest] of this.#highest) yield [table, String(highest)];
  }

  /** Takes back one entry of a snapshot; false when this firmware has no place for it. */
  restore(path: string, value: string): boolean {
    const [, table = "", instance = ""] = rowForm.exec(path) ?? [];
    if (table !== "" && value === "") {
      const { mostRows } = this.#tree.node(table)?.template ?? {};
      if (mostRows === undefined || this.#tree.node(path) !== undefined || !this.hasRoom(table)) return false;
      this.#tree.add(table, Number(instance));
      this.note(table, Number(instance));
      return true;
    }
    if (this.#tree.node(path)?.template.mostRows === undefined || !/^\d{1,9}$/.test(value)) return false;
    this.#highest.set(path, Math.max(Number(value), this.#highest.get(path) ?? 0));
    return true;
  }
}
