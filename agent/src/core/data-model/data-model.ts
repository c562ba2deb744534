import type { ObjectDeclaration, ParameterDeclaration, ParameterType } from "./declaration.ts";
import { DataModelError } from "./error.ts";
import { canonical, initialValue } from "./lexical.ts";
import {
  current,
  isPersisted,
  isWritable,
  judge,
  type Parameter,
  type ParameterValue,
  show,
  type WriteFaultCode,
} from "./parameter.ts";
import { type ObjectTemplate, objectTemplates } from "./template.ts";

/** Who changes a value: a management protocol, the local command line, or the device's own software. */
export type ChangeOrigin = "cwmp" | "usp" | "cli" | "device";
export type Change = { path: string; value: string; previous: string; origin: ChangeOrigin };
export type WriteFault = { path: string; code: WriteFaultCode; message: string };
export type WriteResult = { ok: true; changed: string[] } | { ok: false; faults: WriteFault[] };
export type RowResult =
  | { ok: true; instance: number }
  | { ok: false; code: 9001 | 9004 | 9005; message: string };
export type WriteChange = { path: string; value: string; type?: ParameterType };

/** The device's tree of objects and parameters: all values are text in canonical XSD lexical form. */
export class DataModel {
  readonly #templates: ReadonlyMap<string, ObjectTemplate>;
  /** Existing objects and tables, without `{i}`. */
  readonly #objects = new Map<string, ObjectTemplate>();
  readonly #parameters = new Map<string, Parameter>();
  readonly #listeners = new Set<(change: Change) => void>();
  readonly #rowListeners = new Set<() => void>();
  /** Rows that management added: only these may it delete. */
  readonly #added = new Set<string>();
  /** The highest number a table ever gave: numbers are not given twice while the device runs (TR-069 A.3.2.6). */
  readonly #highest = new Map<string, number>();

  /** @throws DataModelError INVALID_DECLARATION */
  constructor(objects: readonly ObjectDeclaration[]) {
    this.#templates = objectTemplates(objects);
    for (const template of this.#templates.values()) {
      if (!template.path.includes("{i}")) this.#create(template.path, template);
    }
  }

  /** Adds a row with its sub-objects, every parameter at its default; an existing row stays as it is. */
  addInstance(table: string, instance: number): void {
    const template = this.#table(table);
    if (!Number.isInteger(instance) || instance < 1) {
      throw new DataModelError("INVALID_NAME", table, "an instance number is an integer from 1");
    }
    const row = `${table}${instance}.`;
    if (this.#objects.has(row)) return;
    for (const candidate of this.#templates.values()) {
      // The row itself and what hangs on it, but not rows of tables within it.
      const rest = candidate.path.startsWith(template.path) ? candidate.path.slice(template.path.length) : "";
      if (rest.startsWith("{i}.") && !rest.slice(4).includes("{i}"))
        this.#create(row + rest.slice(4), candidate);
    }
    this.#countInstances(table);
  }

  /** Removes a row and everything below it; a row that does not exist is no error. */
  removeInstance(table: string, instance: number): void {
    this.#table(table);
    const row = `${table}${instance}.`;
    for (const path of this.#objects.keys()) if (path.startsWith(row)) this.#objects.delete(path);
    for (const path of this.#parameters.keys()) if (path.startsWith(row)) this.#parameters.delete(path);
    this.#countInstances(table);
  }

  /**
   * Adds a row for management, with the next free number. 9005: no such table, or its rows are never anyone's to add;
   * 9004: it has as many rows as the device can use.
   */
  addRow(table: string): RowResult {
    const template = this.#objects.get(table);
    if (template?.table !== true || template.mostRows === undefined)
      return { ok: false, code: 9005, message: "rows cannot be added here" };
    const present = this.instances(table);
    if (present.length >= template.mostRows)
      return { ok: false, code: 9004, message: "Resources exceeded: the device can use no more rows" };
    const instance = Math.max(0, this.#highest.get(table) ?? 0, ...present) + 1;
    this.#addRow(table, instance);
    for (const listener of this.#rowListeners) listener();
    return { ok: true, instance };
  }

  /** Deletes a row that management added. 9005: no such row; 9001: the row is the device's own. */
  deleteRow(row: string): RowResult {
    const match = this.#objects.has(row) ? /^(.*\.)(\d{1,9})\.$/.exec(row) : null;
    const [, table = "", instance = ""] = match ?? [];
    if (match === null) return { ok: false, code: 9005, message: "no such row" };
    if (!this.#added.has(row)) return { ok: false, code: 9001, message: "the row is the device's own" };
    this.removeInstance(table, Number(instance));
    for (const added of this.#added) if (added.startsWith(row)) this.#added.delete(added);
    for (const listener of this.#rowListeners) listener();
    return { ok: true, instance: Number(instance) };
  }

  /** Calls `listener` after management added or deleted a row. Returns how to end that. */
  subscribeRows(listener: () => void): () => void {
    this.#rowListeners.add(listener);
    return () => this.#rowListeners.delete(listener);
  }

  #addRow(table: string, instance: number): void {
    this.addInstance(table, instance);
    this.#added.add(`${table}${instance}.`);
    this.#highest.set(table, Math.max(instance, this.#highest.get(table) ?? 0));
  }

  /** Instance numbers of a table, ascending. */
  instances(table: string): number[] {
    this.#table(table);
    const found: number[] = [];
    for (const path of this.#objects.keys()) {
      if (!path.startsWith(table)) continue;
      const match = /^(\d+)\.$/.exec(path.slice(table.length));
      if (match !== null) found.push(Number(match[1]));
    }
    return found.sort((a, b) => a - b);
  }

  /**
   * The values of one parameter, or of everything below a partial path (ending with "."; "" is the whole tree).
   * Secrets read as "" (TR-181: hidden parameters).
   * @throws DataModelError INVALID_NAME
   */
  read(path: string): ParameterValue[] {
    const parameter = this.#parameters.get(path);
    if (parameter !== undefined) return [show(path, parameter)];
    if (path !== "" && !this.#objects.has(path))
      throw new DataModelError("INVALID_NAME", path, "no such parameter or object");
    const values: ParameterValue[] = [];
    for (const [candidate, found] of this.#parameters) {
      if (candidate.startsWith(path)) values.push(show(candidate, found));
    }
    return values;
  }

  /** One value as the device itself sees it: secrets in clear. @throws DataModelError INVALID_NAME */
  value(path: string): string {
    return current(this.#parameter(path));
  }

  /** The declaration behind a parameter that exists now. */
  declaration(path: string): ParameterDeclaration | undefined {
    return this.#parameters.get(path)?.declaration;
  }

  /** Whether a value is only asked for when it is read: its changes are then not told (see `provide`). */
  isProvided(path: string): boolean {
    return this.#parameters.get(path)?.provider !== undefined;
  }

  /** What every Inform carries (TR-069 §3.7.1.3 and our own additions). */
  informParameters(): ParameterValue[] {
    const values: ParameterValue[] = [];
    for (const [path, parameter] of this.#parameters) {
      if (parameter.declaration.inform === true) values.push(show(path, parameter));
    }
    return values;
  }

  /**
   * Names of objects (ending with ".") and parameters: of one path with all below it, or of the level under it.
   * A table is writable while rows can be added to it, a row when management added it (TR-069 A.3.2.3).
   * @throws DataModelError INVALID_NAME
   */
  names(path: string, nextLevel: boolean): { path: string; writable: boolean }[] {
    const parameter = this.#parameters.get(path);
    if (parameter !== undefined && !nextLevel) return [{ path, writable: isWritable(parameter) }];
    if (path !== "" && !this.#objects.has(path))
      throw new DataModelError("INVALID_NAME", path, "no such parameter or object");
    const found: { path: string; writable: boolean }[] = [];
    const wanted = (candidate: string): boolean => {
      if (!candidate.startsWith(path)) return false;
      if (!nextLevel) return true;
      const rest = candidate.slice(path.length);
      const dot = rest.indexOf(".");
      return rest !== "" && (dot === -1 || dot === rest.length - 1);
    };
    for (const [candidate, { mostRows }] of this.#objects) {
      if (!wanted(candidate)) continue;
      const room = mostRows !== undefined && mostRows > 0 && this.instances(candidate).length < mostRows;
      found.push({ path: candidate, writable: room || this.#added.has(candidate) });
    }
    for (const [candidate, item] of this.#parameters) {
      if (wanted(candidate)) found.push({ path: candidate, writable: isWritable(item) });
    }
    return found;
  }

  /** Changes parameters, all or none; listeners are told after all have changed. `changed` leaves out equal values. */
  write(changes: readonly WriteChange[], origin: Exclude<ChangeOrigin, "device">): WriteResult {
    const faults: WriteFault[] = [];
    const accepted: { path: string; parameter: Parameter; value: string }[] = [];
    for (const { path, value, type } of changes) {
      const parameter = this.#parameters.get(path);
      const outcome = judge(parameter, value, type);
      if (outcome.ok && parameter !== undefined) accepted.push({ path, parameter, value: outcome.value });
      else if (!outcome.ok) faults.push({ path, code: outcome.code, message: outcome.message });
    }
    if (faults.length > 0) return { ok: false, faults };
    const applied: Change[] = [];
    for (const { path, parameter, value } of accepted) {
      const previous = parameter.value;
      if (value === previous) continue;
      parameter.value = value;
      applied.push({ path, value, previous, origin });
    }
    this.#tell(...applied);
    return { ok: true, changed: applied.map((change) => change.path) };
  }

  /**
   * Sets a value from the device's own side, read-only parameters too.
   * @throws DataModelError INVALID_NAME, or INVALID_VALUE when the declaration forbids it.
   */
  publish(path: string, value: string): void {
    const parameter = this.#parameter(path);
    const result = canonical(parameter.declaration, value);
    if (!result.ok) throw new DataModelError("INVALID_VALUE", path, result.message);
    const previous = parameter.value;
    if (previous === result.value) return;
    parameter.value = result.value;
    this.#tell({ path, value: result.value, previous, origin: "device" });
  }

  /** Lets a value be asked for when it is read (up time, counters) instead of published; such a change is not told. */
  provide(path: string, provider: () => string): void {
    this.#parameter(path).provider = provider;
  }

  /** Calls `listener` after every change of a value. Returns how to end that. */
  subscribe(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Rows that management added (paths with "." at their end), and persisted parameters that differ from their default, secrets in clear: keep it where only the device can read. */
  snapshot(): Record<string, string> {
    const kept: Record<string, string> = {};
    for (const row of this.#added) kept[row] = "";
    for (const [path, { declaration, value }] of this.#parameters) {
      if (isPersisted(declaration) && value !== initialValue(declaration)) kept[path] = value;
    }
    return kept;
  }

  /**
   * Puts a snapshot back without telling listeners. What this firmware does not know or no longer accepts keeps its
   * default; those paths are returned, for the log.
   */
  restore(snapshot: Readonly<Record<string, string>>): string[] {
    const ignored: string[] = [];
    for (const [path, text] of Object.entries(snapshot)) {
      if (path.endsWith(".")) {
        if (!this.#restoreRow(path)) ignored.push(path);
        continue;
      }
      const parameter = this.#parameters.get(path);
      const result = parameter === undefined ? undefined : canonical(parameter.declaration, text);
      if (parameter === undefined || !isPersisted(parameter.declaration) || result?.ok !== true)
        ignored.push(path);
      else parameter.value = result.value;
    }
    return ignored;
  }

  #restoreRow(row: string): boolean {
    const [, table = "", instance = ""] = /^(.*\.)(\d{1,9})\.$/.exec(row) ?? [];
    const template = this.#objects.get(table);
    if (template?.table !== true || this.#objects.has(row)) return false;
    if (this.instances(table).length >= (template.mostRows ?? 0)) return false;
    this.#addRow(table, Number(instance));
    return true;
  }

  #parameter(path: string): Parameter {
    const parameter = this.#parameters.get(path);
    if (parameter === undefined) throw new DataModelError("INVALID_NAME", path, "no such parameter");
    return parameter;
  }

  #table(table: string): ObjectTemplate {
    const template = this.#objects.get(table);
    if (template?.table !== true) throw new DataModelError("INVALID_NAME", table, "no such table");
    return template;
  }

  #create(path: string, template: ObjectTemplate): void {
    this.#objects.set(path, template);
    for (const declaration of template.parameters) {
      this.#parameters.set(path + declaration.name, { declaration, value: initialValue(declaration) });
    }
  }

  /** TR-106 §3.1: a table's parent counts its rows. */
  #countInstances(table: string): void {
    const counter = `${table.slice(0, -1)}NumberOfEntries`;
    if (this.#parameters.has(counter)) this.publish(counter, String(this.instances(table).length));
  }

  /** Every listener hears of every change, also when one fails; the first failure is thrown afterwards. */
  #tell(...changes: readonly Change[]): void {
    const failures: unknown[] = [];
    for (const change of changes) {
      for (const listener of this.#listeners) {
        try {
          listener(change);
        } catch (error) {
          failures.push(error);
        }
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
