import type { DataModel, ParameterValue } from "../data-model/index.ts";
import { faultCode } from "./error.ts";

/** What USP needs of the data model. */
export type UspModel = Pick<DataModel, "read" | "write" | "names">;

/** A failure inside a request, as USP reports it. */
export type Fault = { readonly code: number; readonly message: string };
export type Resolved<T> =
  | { readonly ok: true; readonly found: T }
  | { readonly ok: false; readonly fault: Fault };

// TR-369 §2.5: names and instance numbers between dots; "*" stands for every instance. No search expressions.
const pathForm = /^Device\.(?:(?:[A-Za-z_][\w-]*|\d+|\*)\.)*(?:[A-Za-z_][\w-]*)?$/;
const maximumPathLength = 512;

const failed = (code: number, message: string): { ok: false; fault: Fault } => ({
  ok: false,
  fault: { code, message },
});

/** The parameters that a path of a Get means: a parameter, a partial path, or either with "*" for instances. */
export function resolveParameters(model: UspModel, path: string): Resolved<ParameterValue[]> {
  if (path.length > maximumPathLength || !pathForm.test(path)) {
    return failed(faultCode.invalidPathSyntax, "not a path, or one with a search expression or reference");
  }
  const star = path.indexOf("*");
  const values = readOrNothing(model, star === -1 ? path : path.slice(0, star));
  if (values === undefined) return failed(faultCode.invalidPath, "no such parameter or object");
  if (star === -1) return { ok: true, found: values };
  const matches = starred(path);
  // A path with wildcards may mean nothing: that is a result, not a failure (TR-369 §2.5.3).
  return { ok: true, found: values.filter((value) => matches.test(value.path)) };
}

/** The objects that the obj_path of a Set means. */
export function resolveObjects(model: UspModel, path: string): Resolved<string[]> {
  if (path.length > maximumPathLength || !pathForm.test(path) || !path.endsWith(".")) {
    return failed(faultCode.invalidPathSyntax, "not the path of an object");
  }
  const star = path.indexOf("*");
  const base = star === -1 ? path : path.slice(0, star);
  try {
    const names = model.names(base, false);
    if (star === -1) return { ok: true, found: [path] };
    const matches = new RegExp(`^${pattern(path)}$`);
    const found = names.map((name) => name.path).filter((name) => name.endsWith(".") && matches.test(name));
    return { ok: true, found };
  } catch {
    return failed(faultCode.objectDoesNotExist, "no such object");
  }
}

function readOrNothing(model: UspModel, path: string): ParameterValue[] | undefined {
  try {
    return model.read(path);
  } catch {
    return undefined;
  }
}

const pattern = (path: string): string => path.replaceAll(".", "\\.").replaceAll("*", "\\d+");
const starred = (path: string): RegExp => new RegExp(`^${pattern(path)}${path.endsWith(".") ? "" : "$"}`);
