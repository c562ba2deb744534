import type { ObjectDeclaration } from "./declaration.ts";
import { DataModelError } from "./error.ts";
import { ObjectNode } from "./object-node.ts";
import { type ObjectTemplate, objectTemplates, type ParameterTemplate } from "./template.ts";

/** A parameter that exists now. */
export type Found = { node: ObjectNode; name: string; parameter: ParameterTemplate };

/** The objects and table rows that exist now, by path. */
export class Tree {
  readonly #templates: ReadonlyMap<string, ObjectTemplate>;
  /** Objects and tables, without `{i}`. */
  readonly #nodes = new Map<string, ObjectNode>();
  /** Instance numbers by table. */
  readonly #rows = new Map<string, Set<number>>();

  /** @throws DataModelError INVALID_DECLARATION */
  constructor(objects: readonly ObjectDeclaration[]) {
    this.#templates = objectTemplates(objects);
    for (const template of this.#templates.values()) {
      if (!template.path.includes("{i}")) this.#create(template.path, template);
    }
  }

  node(path: string): ObjectNode | undefined {
    return this.#nodes.get(path);
  }

  find(path: string): Found | undefined {
    const dot = path.lastIndexOf(".") + 1;
    const name = path.slice(dot);
    const node = this.#nodes.get(path.slice(0, dot));
    const parameter = node?.template.parameters.get(name);
    return node === undefined || parameter === undefined ? undefined : { node, name, parameter };
  }

  /** @throws DataModelError INVALID_NAME */
  parameter(path: string): Found {
    const found = this.find(path);
    if (found === undefined) throw new DataModelError("INVALID_NAME", path, "no such parameter");
    return found;
  }

  /** @throws DataModelError INVALID_NAME */
  object(path: string): ObjectNode {
    const node = this.#nodes.get(path);
    if (node === undefined) throw new DataModelError("INVALID_NAME", path, "no such object");
    return node;
  }

  /** @throws DataModelError INVALID_NAME */
  table(path: string): ObjectTemplate {
    const template = this.#nodes.get(path)?.template;
    if (template?.table !== true) throw new DataModelError("INVALID_NAME", path, "no such table");
    return template;
  }

  /** One object or table and all below it; "" is the whole tree. @throws DataModelError INVALID_NAME */
  below(path: string): ObjectNode[] {
    if (path !== "" && !this.#nodes.has(path))
      throw new DataModelError("INVALID_NAME", path, "no such parameter or object");
    return [...this.#nodes.values()].filter((node) => node.path.startsWith(path));
  }

  nodes(): Iterable<ObjectNode> {
    return this.#nodes.values();
  }

  /** How many rows a table has. */
  count(table: string): number {
    return this.#rows.get(table)?.size ?? 0;
  }

  /** Instance numbers of a table, ascending. */
  instances(table: string): number[] {
    return [...(this.#rows.get(table) ?? [])].sort((a, b) => a - b);
  }

  /** Adds a row with its sub-objects; false when it is there already. @throws DataModelError INVALID_NAME */
  add(table: string, instance: number): boolean {
    const template = this.table(table);
    if (!Number.isInteger(instance) || instance < 1) {
      throw new DataModelError("INVALID_NAME", table, "an instance number is an integer from 1");
    }
    const row = `${table}${instance}.`;
    if (this.#nodes.has(row)) return false;
    for (const candidate of this.#templates.values()) {
      // The row itself and what hangs on it, but not rows of tables within it.
      const rest = candidate.path.startsWith(template.path) ? candidate.path.slice(template.path.length) : "";
      if (rest.startsWith("{i}.") && !rest.slice(4).includes("{i}"))
        this.#create(row + rest.slice(4), candidate);
    }
    this.#rows.get(table)?.add(instance);
    return true;
  }

  /** Removes a row and everything below it; false when there is none. @throws DataModelError INVALID_NAME */
  remove(table: string, instance: number): boolean {
    this.table(table);
    const row = `${table}${instance}.`;
    if (this.#rows.get(table)?.delete(instance) !== true) return false;
    for (const path of this.#nodes.keys()) {
      if (!path.startsWith(row)) continue;
      this.#nodes.delete(path);
      this.#rows.delete(path);
    }
    return true;
  }

  #create(path: string, template: ObjectTemplate): void {
    this.#nodes.set(path, new ObjectNode(path, template));
    if (template.table) this.#rows.set(path, new Set());
    if (template.only) this.add(path, 1);
  }
}
