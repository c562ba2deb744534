import type { ObjectDeclaration, ParameterDeclaration } from "./declaration.ts";
import { DataModelError } from "./error.ts";
import { canonical, initialValue } from "./lexical.ts";

/** A parameter of a template: its declaration, and what it holds before anyone set it. */
export type ParameterTemplate = { declaration: ParameterDeclaration; initial: string };

/** A declared object, or the table that its rows stand in (the path without the last `{i}.`; it has no parameters). */
export type ObjectTemplate = {
  path: string;
  table: boolean;
  /** By name, in the order of declaration. */
  parameters: ReadonlyMap<string, ParameterTemplate>;
  /** Names of those that every Inform carries. */
  informed: readonly string[];
  /** Of a table: rows that management may fill it up to, undefined for a read-only one. */
  mostRows?: number;
  /** Of a table: it has row 1 from the start. */
  only?: true;
};

/** The path of the declaration behind a concrete path: `A.1.B.` → `A.{i}.B.`. */
export const templateOf = (path: string): string => path.replaceAll(/\.\d+(?=\.)/g, ".{i}");

const none: ReadonlyMap<string, ParameterTemplate> = new Map();

/**
 * All objects and tables of a declaration by path, parents before children as declared.
 * @throws DataModelError INVALID_DECLARATION for a double or orphaned object, or a default its own declaration refuses.
 */
export function objectTemplates(objects: readonly ObjectDeclaration[]): ReadonlyMap<string, ObjectTemplate> {
  const templates = new Map<string, ObjectTemplate>();
  for (const { access, mostRows = 0, only, path, parameters } of objects) {
    if (templates.has(path)) throw new DataModelError("INVALID_DECLARATION", path, "declared twice");
    const parent = path.replace(/[^.]+\.$/, "");
    if (path.endsWith(".{i}."))
      templates.set(parent, {
        path: parent,
        table: true,
        parameters: none,
        informed: [],
        ...(access === "readWrite" ? { mostRows } : {}),
        ...(only && { only }),
      });
    else if (parent !== "" && !templates.has(parent)) {
      throw new DataModelError("INVALID_DECLARATION", path, "its parent is not declared before it");
    }
    const byName = new Map<string, ParameterTemplate>();
    for (const declaration of parameters) {
      checkDefault(path, declaration);
      byName.set(declaration.name, { declaration, initial: initialValue(declaration) });
    }
    const informed = parameters.filter(({ inform }) => inform === true).map(({ name }) => name);
    templates.set(path, { path, table: false, parameters: byName, informed });
  }
  return templates;
}

function checkDefault(path: string, declaration: ParameterDeclaration): void {
  if (declaration.default === undefined) return;
  const result = canonical(declaration, initialValue(declaration));
  if (!result.ok || result.value !== declaration.default) {
    throw new DataModelError(
      "INVALID_DECLARATION",
      path + declaration.name,
      "its default is not a canonical value",
    );
  }
}
