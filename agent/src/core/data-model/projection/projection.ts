import type { Change, DataModel, WriteChange, WriteFault, WriteResult } from "../data-model.ts";
import type { ParameterDeclaration } from "../declaration.ts";
import { DataModelError } from "../error.ts";
import { canonical } from "../lexical.ts";
import type { RowResult } from "../managed-rows.ts";
import type { Name } from "../names.ts";
import { isWritable, judge, type ParameterValue } from "../parameter.ts";
import type { ModelView } from "../view.ts";
import { domains, type Indexes, type Mapping } from "./mapping.ts";
import { fill, keyOf, lettersOf, match, objectsOf } from "./places.ts";
import type { ModelStyle } from "./style-names.ts";
import { type Style, styles } from "./styles.ts";

/** A parameter of the view that exists now. */
type Place = { mapping: Mapping; indexes: Indexes; path: string };

/** The view of a style; the device's own model needs none. */
export const createView = (model: DataModel, style: ModelStyle): ModelView =>
  style === "device-2" ? model : new Projection(model, styles[style]);

/**
 * An old data model over the device's own: names, types and words are translated both ways by one table; nothing is
 * stored twice.
 */
class Projection implements ModelView {
  readonly #model: DataModel;
  readonly #root: string;
  readonly #shown: Style["shown"];
  readonly #mappings: readonly Mapping[];
  readonly #byPath: ReadonlyMap<string, readonly Mapping[]>;
  readonly #byTarget: ReadonlyMap<string, readonly { mapping: Mapping; target: string }[]>;

  constructor(model: DataModel, { mappings, root, shown }: Style) {
    this.#model = model;
    this.#root = root;
    this.#shown = shown;
    this.#mappings = mappings();
    this.#byPath = Map.groupBy(this.#mappings, ({ path }) => keyOf(root + path));
    this.#byTarget = Map.groupBy(
      // A value is told under the parameter that shows it.
      this.#mappings.flatMap((mapping) => mapping.to.slice(0, 1).map((target) => ({ mapping, target }))),
      ({ target }) => keyOf(target),
    );
  }

  value(path: string): string {
    return this.#model.value(path);
  }

  publish(path: string, value: string): void {
    this.#model.publish(path, value);
  }

  read(path: string): ParameterValue[] {
    const place = this.#find(path);
    if (place !== undefined) return [this.#show(place)];
    const own = this.#own(path);
    if (own !== undefined && !path.endsWith("."))
      return this.#model.read(own).map((value) => this.#renamed(value));
    const values = this.#everything().filter((value) => value.path.startsWith(path));
    if (values.length === 0 || (path !== "" && !path.endsWith("."))) this.#mustExist(path);
    return values;
  }

  names(path: string, nextLevel: boolean): Name[] {
    const isObject = path === "" || path.endsWith(".");
    const exact = nextLevel || isObject ? undefined : this.read(path)[0];
    if (exact !== undefined) return [{ path, writable: exact.writable }];
    this.#mustExist(path);
    const wanted = (name: string): boolean => {
      if (!name.startsWith(path)) return false;
      const rest = name.slice(path.length);
      const dot = rest.indexOf(".");
      return !nextLevel || (rest !== "" && (dot === -1 || dot === rest.length - 1));
    };
    const found = new Map<string, boolean>();
    for (const { path: name, writable } of this.#ownNames()) if (wanted(name)) found.set(name, writable);
    for (const place of this.#places()) {
      for (const object of objectsOf(place.path))
        if (wanted(object) && !found.has(object)) found.set(object, false);
      if (wanted(place.path)) found.set(place.path, isWritable(place.mapping.declaration));
    }
    const all = [...found].map(([name, writable]) => ({ path: name, writable }));
    return [
      ...all.filter((name) => name.path.endsWith(".")),
      ...all.filter((name) => !name.path.endsWith(".")),
    ];
  }

  declaration(path: string): ParameterDeclaration | undefined {
    const own = this.#own(path);
    return (
      this.#find(path)?.mapping.declaration ?? (own === undefined ? undefined : this.#model.declaration(own))
    );
  }

  isProvided(path: string): boolean {
    const place = this.#find(path);
    if (place !== undefined) {
      const [target] = place.mapping.to;
      return target === undefined || this.#model.isProvided(fill(target, place.indexes));
    }
    const own = this.#own(path);
    return own !== undefined && this.#model.isProvided(own);
  }

  informParameters(): ParameterValue[] {
    const mapped = [...this.#places()].filter(({ mapping }) => mapping.declaration.inform === true);
    const own = this.#model.informParameters().filter(({ path }) => this.#shown(path));
    return [...own.map((value) => this.#renamed(value)), ...mapped.map((place) => this.#show(place))];
  }

  informWishes(eventCodes: readonly string[]): string[] {
    return this.#model.informWishes(eventCodes);
  }

  addRow(table: string): RowResult {
    const own = this.#own(table);
    if (own !== undefined) return this.#model.addRow(own);
    return { ok: false, code: 9005, message: "rows cannot be added here" };
  }

  deleteRow(row: string): RowResult {
    const own = this.#own(row);
    if (own !== undefined) return this.#model.deleteRow(own);
    return { ok: false, code: 9005, message: "rows cannot be deleted here" };
  }

  /** All or nothing, as ever: what the old model refuses and what the device refuses are one list of faults. */
  write(changes: readonly WriteChange[], origin: "cwmp" | "usp" | "cli"): WriteResult {
    const faults: WriteFault[] = [];
    const targets: WriteChange[] = [];
    const askedAs = new Map<string, string>();
    for (const change of changes) {
      const outcome = this.#targets(change);
      if ("fault" in outcome) faults.push(outcome.fault);
      else {
        for (const target of outcome.targets) {
          targets.push(target);
          askedAs.set(target.path, change.path);
        }
      }
    }
    if (faults.length > 0) return { ok: false, faults };
    const result = this.#model.write(targets, origin);
    const named = (path: string): string => askedAs.get(path) ?? path;
    if (result.ok) return { ok: true, changed: [...new Set(result.changed.map(named))] };
    return { ok: false, faults: result.faults.map((fault) => ({ ...fault, path: named(fault.path) })) };
  }

  subscribe(listener: (change: Change) => void): () => void {
    return this.#model.subscribe((change) => {
      if (this.#shown(change.path)) listener({ ...change, path: this.#viewed(change.path) });
      for (const path of this.#pathsOf(change.path)) {
        const [shown] = this.read(path);
        if (shown !== undefined) listener({ ...change, path, value: shown.value });
      }
    });
  }

  #targets(change: WriteChange): { targets: WriteChange[] } | { fault: WriteFault } {
    const { path, type, value } = change;
    const place = this.#find(path);
    const own = this.#own(path);
    if (place === undefined && own !== undefined) return { targets: [{ ...change, path: own }] };
    const outcome = judge(place?.mapping.declaration, value, type);
    if (!outcome.ok) return { fault: { path, code: outcome.code, message: outcome.message } };
    if (place === undefined) return { targets: [] };
    const { indexes, mapping } = place;
    if (mapping.compute !== undefined) {
      // Set to what it is: nothing to do. To anything else: it cannot be.
      if (outcome.value === mapping.compute(this.#reader, indexes)) return { targets: [] };
      return { fault: { path, code: 9007, message: "cannot be changed on this device" } };
    }
    const text = mapping.write?.(outcome.value) ?? outcome.value;
    return { targets: mapping.to.map((target) => ({ path: fill(target, indexes), value: text })) };
  }

  #show({ indexes, mapping, path }: Place): ParameterValue {
    const { declaration } = mapping;
    const [target] = mapping.to;
    const raw =
      target === undefined
        ? (mapping.compute?.(this.#reader, indexes) ?? "")
        : this.#reader(fill(target, indexes));
    const text = declaration.secret === true ? "" : (mapping.read?.(raw) ?? raw);
    // The old bounds may be narrower: a text is cut rather than left out.
    const fits = canonical(declaration, text).ok || declaration.maxLength === undefined;
    return {
      path,
      value: fits ? text : text.slice(0, declaration.maxLength),
      type: declaration.type,
      writable: isWritable(declaration),
    };
  }

  #reader = (path: string): string =>
    this.#model.declaration(path) === undefined ? "" : (this.#model.read(path)[0]?.value ?? "");

  #find(path: string): Place | undefined {
    for (const mapping of this.#byPath.get(keyOf(path)) ?? []) {
      const indexes = match(this.#root + mapping.path, path);
      if (indexes !== undefined && this.#exists(mapping, indexes)) return { mapping, indexes, path };
    }
    return undefined;
  }

  #exists({ to }: Mapping, indexes: Indexes): boolean {
    const rows = Object.entries(indexes).every(([letter, index]) =>
      this.#model.hasObject(`${domains[letter] ?? ""}${index}.`),
    );
    return rows && to.every((target) => this.#model.declaration(fill(target, indexes)) !== undefined);
  }

  *#places(): Generator<Place> {
    for (const mapping of this.#mappings) {
      for (const indexes of this.#combinations(mapping.path))
        if (this.#exists(mapping, indexes))
          yield { mapping, indexes, path: this.#root + fill(mapping.path, indexes) };
    }
  }

  #combinations(path: string): Indexes[] {
    let all: Indexes[] = [{}];
    for (const letter of lettersOf(path)) {
      const rows = this.#model.instances(domains[letter] ?? "");
      all = all.flatMap((indexes) => rows.map((row) => ({ ...indexes, [letter]: row })));
    }
    return all;
  }

  /** Names in the view of a parameter of the device. */
  *#pathsOf(path: string): Generator<string> {
    for (const { mapping, target } of this.#byTarget.get(keyOf(path)) ?? []) {
      const known = match(target, path);
      if (known === undefined) continue;
      for (const indexes of this.#combinations(mapping.path)) {
        const same = Object.entries(known).every(([letter, index]) => indexes[letter] === index);
        if (same) yield this.#root + fill(mapping.path, indexes);
      }
    }
  }

  /** The device's own name of a path that shows as it is. */
  #own(path: string): string | undefined {
    if (!path.startsWith(this.#root)) return undefined;
    const own = `Device.${path.slice(this.#root.length)}`;
    return this.#shown(own) ? own : undefined;
  }

  #viewed(own: string): string {
    return this.#root + own.slice("Device.".length);
  }

  #renamed(value: ParameterValue): ParameterValue {
    return { ...value, path: this.#viewed(value.path) };
  }

  #ownNames(): Name[] {
    return this.#model
      .names("Device.", false)
      .filter(({ path }) => this.#shown(path) || path === "Device.")
      .map((name) => ({ ...name, path: this.#viewed(name.path) }));
  }

  #everything(): ParameterValue[] {
    const own = this.#model.read("Device.").filter(({ path }) => this.#shown(path));
    return [
      ...own.map((value) => this.#renamed(value)),
      ...[...this.#places()].map((place) => this.#show(place)),
    ];
  }

  /** @throws DataModelError INVALID_NAME */
  #mustExist(path: string): void {
    const own = this.#own(path);
    const known =
      path === "" ||
      path === this.#root ||
      (path.endsWith(".") &&
        ((own !== undefined && this.#model.hasObject(own)) ||
          [...this.#places()].some((place) => place.path.startsWith(path))));
    if (!known) throw new DataModelError("INVALID_NAME", path, "no such parameter or object");
  }
}
