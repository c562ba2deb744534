import type { ObjectDeclaration, ParameterDeclaration, ParameterType } from "./declaration.ts";
import { DataModelError } from "./error.ts";
import { canonical } from "./lexical.ts";
import { ManagedRows, type RowResult } from "./managed-rows.ts";
import { type Name, namesBelow } from "./names.ts";
import type { ObjectGuard, ObjectProvider } from "./object-node.ts";
import { wishedFor } from "./inform-wishes.ts";
import { isPersisted, judge, type ParameterValue, type WriteFaultCode } from "./parameter.ts";
import { dropReferences, referenceProblem } from "./references.ts";
import { type Found, Tree } from "./tree.ts";

/** Who changes a value: a management protocol, the local command line, or the device's own software. */
export type ChangeOrigin = "cwmp" | "usp" | "cli" | "device";
export type Change = { path: string; value: string; previous: string; origin: ChangeOrigin };
export type WriteFault = { path: string; code: WriteFaultCode; message: string };
export type WriteResult = { ok: true; changed: string[] } | { ok: false; faults: WriteFault[] };
export type WriteChange = { path: string; value: string; type?: ParameterType };

/** The device's tree of objects and parameters: all values are text in canonical XSD lexical form. */
export class DataModel {
  readonly #tree: Tree;
  readonly #managed: ManagedRows;
  readonly #listeners = new Set<(change: Change) => void>();
  readonly #rowListeners = new Set<(path: string) => void>();
  readonly #refreshers = new Map<string, () => void>();
  #refreshing = false;

  /** @throws DataModelError INVALID_DECLARATION */
  constructor(objects: readonly ObjectDeclaration[]) {
    this.#tree = new Tree(objects);
    this.#managed = new ManagedRows(this.#tree);
  }

  /** Adds a row with its sub-objects, every parameter at its default; an existing row stays as it is. */
  addInstance(table: string, instance: number): void {
    if (this.#tree.add(table, instance)) this.#countInstances(table);
  }

  /** Removes a row and everything below it; a row that does not exist is no error. */
  removeInstance(table: string, instance: number): void {
    if (this.#tree.remove(table, instance)) this.#countInstances(table);
  }

  /**
   * Adds a row for management, with the next free number. 9005: no such table, or its rows are never anyone's to add;
   * 9004: it has as many rows as the device can use.
   */
  addRow(table: string): RowResult {
    const result = this.#managed.next(table);
    if (!result.ok) return result;
    this.addInstance(table, result.instance);
    this.#managed.note(table, result.instance);
    for (const listener of this.#rowListeners) listener(`${table}${result.instance}.`);
    return result;
  }

  /** Deletes a row that management added; what refers to it refers to nothing then. 9005: no such row; 9001: the row is the device's own. */
  deleteRow(row: string): RowResult {
    const found = this.#managed.deletable(row);
    if (!found.ok) return found;
    this.removeInstance(found.table, found.instance);
    this.#managed.forget(row);
    // Whoever deleted the row has changed these too.
    for (const { path, value } of dropReferences(this.#tree, row)) this.#assign(path, value, "cwmp");
    for (const listener of this.#rowListeners) listener(row);
    return { ok: true, instance: found.instance };
  }

  /** Calls `listener` with the row after management added or deleted one. Returns how to end that. */
  subscribeRows(listener: (row: string) => void): () => void {
    this.#rowListeners.add(listener);
    return () => this.#rowListeners.delete(listener);
  }

  /** Instance numbers of a table, ascending. @throws DataModelError INVALID_NAME */
  instances(table: string): number[] {
    this.#tree.table(table);
    return this.#tree.instances(table);
  }

  /**
   * The values of one parameter, or of everything below a partial path (ending with "."; "" is the whole tree).
   * Secrets read as "" (TR-181: hidden parameters).
   * @throws DataModelError INVALID_NAME
   */
  read(path: string): ParameterValue[] {
    this.#refresh(path);
    const found = this.#tree.find(path);
    if (found !== undefined) return [found.node.show(found.name, found.parameter)];
    const values: ParameterValue[] = [];
    for (const node of this.#tree.below(path)) {
      for (const [name, parameter] of node.template.parameters) values.push(node.show(name, parameter));
    }
    return values;
  }

  /** One value as the device itself sees it: secrets in clear. @throws DataModelError INVALID_NAME */
  value(path: string): string {
    const { node, name, parameter } = this.#tree.parameter(path);
    return node.current(name, parameter);
  }

  /** The declaration behind a parameter that exists now. */
  declaration(path: string): ParameterDeclaration | undefined {
    return this.#tree.find(path)?.parameter.declaration;
  }

  /** What a parameter that exists now holds on a new device. */
  initial(path: string): string | undefined {
    return this.#tree.find(path)?.parameter.initial;
  }

  /** Whether an object, a table or a row exists now; its path ends with ".". */
  hasObject(path: string): boolean {
    return this.#tree.node(path) !== undefined;
  }

  /** Whether a value is only asked for when it is read: its changes are then not told (see `provide`). */
  isProvided(path: string): boolean {
    const found = this.#tree.find(path);
    return found?.node.isProvided(found.name) === true;
  }

  /** What every Inform carries (TR-069 §3.7.1.3 and our own additions). */
  informParameters(): ParameterValue[] {
    const values: ParameterValue[] = [];
    for (const node of this.#tree.nodes()) {
      for (const name of node.template.informed) {
        const parameter = node.template.parameters.get(name);
        if (parameter !== undefined) values.push(node.show(name, parameter));
      }
    }
    return values;
  }

  /** Parameters and objects that the ACS wants in Informs with one of these events (TR-181 InformParameter). */
  informWishes(eventCodes: readonly string[]): string[] {
    return wishedFor(this.#tree, eventCodes);
  }

  /**
   * Names of objects (ending with ".") and parameters: of one path with all below it, or of the level under it.
   * A table is writable while rows can be added to it, a row when management added it (TR-069 A.3.2.3).
   * @throws DataModelError INVALID_NAME
   */
  names(path: string, nextLevel: boolean): Name[] {
    this.#refresh(path);
    return namesBelow(this.#tree, this.#managed, path, nextLevel);
  }

  /** Changes parameters, all or none; listeners are told after all have changed. `changed` leaves out equal values. */
  write(changes: readonly WriteChange[], origin: Exclude<ChangeOrigin, "device">): WriteResult {
    const faults: WriteFault[] = [];
    const accepted: (Found & { path: string; value: string })[] = [];
    for (const { path, value, type } of changes) {
      const found = this.#tree.find(path);
      const outcome = judge(found?.parameter.declaration, value, type);
      if (!outcome.ok || found === undefined) {
        const { code, message } = outcome.ok ? { code: 9005 as const, message: "" } : outcome;
        faults.push({ path, code, message });
        continue;
      }
      const problem =
        referenceProblem(this.#tree, found.parameter.declaration, outcome.value) ??
        found.node.guard?.(found.name, outcome.value);
      if (problem === undefined) accepted.push({ ...found, path, value: outcome.value });
      else faults.push({ path, ...problem });
    }
    if (faults.length > 0) return { ok: false, faults };
    const applied: Change[] = [];
    for (const { node, name, parameter, path, value } of accepted) {
      const previous = node.stored(name, parameter);
      if (value === previous && parameter.declaration.trigger !== true) continue;
      node.set(name, parameter, value);
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
    this.#assign(path, value, "device");
  }

  #assign(path: string, value: string, origin: ChangeOrigin): void {
    const { node, name, parameter } = this.#tree.parameter(path);
    const result = canonical(parameter.declaration, value);
    if (!result.ok) throw new DataModelError("INVALID_VALUE", path, result.message);
    const previous = node.stored(name, parameter);
    if (previous === result.value) return;
    node.set(name, parameter, result.value);
    this.#tell({ path, value: result.value, previous, origin });
  }

  /** Lets a value be asked for when it is read (up time, counters) instead of published; such a change is not told. */
  provide(path: string, provider: () => string): void {
    const { node, name } = this.#tree.parameter(path);
    node.provide(name, provider);
  }

  /** The same for all parameters of an object or row, with one function: what it answers undefined to is as published. */
  provideObject(path: string, provider: ObjectProvider): void {
    this.#tree.object(path).provideAll(provider);
  }

  /** Lets the device refuse what management writes to an object or row beyond what is declared. */
  guardObject(path: string, guard: ObjectGuard): void {
    this.#tree.object(path).guard = guard;
  }

  /**
   * Calls `refresh` before anything below `path` is read or named: it brings rows up to date that the world changes
   * (interfaces, tables of another's making) when somebody looks, and costs nothing otherwise.
   */
  refreshBefore(path: string, refresh: () => void): void {
    this.#refreshers.set(path, refresh);
  }

  /** Calls `listener` after every change of a value. Returns how to end that. */
  subscribe(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * What management added of rows, and persisted parameters that differ from their default, secrets in clear: keep it
   * where only the device can read. Paths with "." at their end are rows, or tables with the highest number they gave.
   */
  snapshot(): Record<string, string> {
    const kept: Record<string, string> = Object.fromEntries(this.#managed.snapshot());
    for (const node of this.#tree.nodes()) {
      for (const [name, value, { declaration }] of node.changed())
        if (isPersisted(declaration)) kept[node.path + name] = value;
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
        if (!this.#managed.restore(path, text)) ignored.push(path);
        else if (text === "") this.#countInstances(path.replace(/\d+\.$/, ""));
        continue;
      }
      const found = this.#tree.find(path);
      const declaration = found?.parameter.declaration;
      const result = declaration === undefined ? undefined : canonical(declaration, text);
      if (found === undefined || !isPersisted(found.parameter.declaration) || result?.ok !== true)
        ignored.push(path);
      else found.node.set(found.name, found.parameter, result.value);
    }
    return ignored;
  }

  #refresh(path: string): void {
    if (this.#refreshing) return;
    this.#refreshing = true;
    try {
      for (const [prefix, refresh] of this.#refreshers)
        if (path.startsWith(prefix) || prefix.startsWith(path)) refresh();
    } finally {
      this.#refreshing = false;
    }
  }

  /** TR-106 §3.1: a table's parent counts its rows. */
  #countInstances(table: string): void {
    const counter = `${table.slice(0, -1)}NumberOfEntries`;
    if (this.#tree.find(counter) !== undefined) this.publish(counter, String(this.#tree.count(table)));
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
