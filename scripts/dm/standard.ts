import type { ObjectDeclaration, ParameterDeclaration } from "@tonalite/agent/core/data-model";

/** One line of a standard's table: name, kind, access, type, facets. */
export type Row = { access: string; type: string; facets: string };
/** A declaration that differs from the standard, and the reason it gives, if any. */
export type Finding = { path: string; differences: string[]; reason: string | undefined };
/** `wrong` is what must not be: a difference without a reason, or a reason without a difference. */
export type Comparison = { objects: number; parameters: number; deviations: Finding[]; wrong: Finding[] };

/** The files of the standards, those that are consulted first first, and what stands before their names in Device:2. */
export const tables = [
  { file: "tr-181-2-16-0-cwmp-subset.tsv", prefix: "" },
  { file: "tr-181-2-16-0-usp-subset.tsv", prefix: "" },
  { file: "tr-104-2-0-2-cwmp.tsv", prefix: "Device.Services." },
] as const;

/** The old voice model, which the projection offers to servers that know no other. */
export const oldTable = { file: "tr-104-1-1-0.tsv", prefix: "Device.Services." } as const;

/** The vendor's own tree (TR-106 §3.3). */
const vendorPrefix = "Device.X_TONALITE_";

/** Reads one table into `rows`; what is there already stays. */
export function readTable(text: string, prefix: string, rows: Map<string, Row>): void {
  for (const line of text.split("\n")) {
    const [name = "", , access = "", type = "", facets = ""] = line.split("\t");
    if (name !== "" && !rows.has(prefix + name)) rows.set(prefix + name, { access, type, facets });
  }
}

/** Compares every declared object and parameter with the standard's. */
export function compare(model: readonly ObjectDeclaration[], standard: ReadonlyMap<string, Row>): Comparison {
  const found: Finding[] = [];
  let parameters = 0;
  // "Device." itself is in no table; the vendor's objects answer to nobody.
  const objects = model.filter(({ path }) => !path.startsWith(vendorPrefix));
  for (const object of objects) {
    const row = standard.get(object.path);
    if (object.path !== "Device.") {
      const differences = row === undefined && !holds(standard, object.path) ? ["not in the standard"] : [];
      if (row !== undefined && row.access !== object.access) differences.push(`access ${row.access}`);
      found.push({ path: object.path, differences, reason: undefined });
    }
    for (const parameter of object.parameters) {
      const path = object.path + parameter.name;
      parameters += 1;
      found.push({
        path,
        differences: differencesOf(standard.get(path), parameter),
        reason: parameter.deviation,
      });
    }
  }
  return {
    objects: objects.length,
    parameters,
    deviations: found.filter(({ differences, reason }) => differences.length > 0 && reason !== undefined),
    wrong: found.filter(({ differences, reason }) => differences.length > 0 !== (reason !== undefined)),
  };
}

/** The tables are cuts of the standards: some lack an object whose parts they have. */
const holds = (standard: ReadonlyMap<string, Row>, path: string): boolean =>
  [...standard.keys()].some((name) => name.startsWith(path));

/** Named types of TR-106 and their base. */
const baseTypes: Readonly<Record<string, string>> = {
  Alias: "string",
  URL: "string",
  IPAddress: "string",
  IPv4Address: "string",
  IPv6Address: "string",
  MACAddress: "string",
  DiagnosticsState: "string",
  StatsCounter32: "unsignedInt",
  StatsCounter64: "unsignedLong",
};

function differencesOf(row: Row | undefined, parameter: ParameterDeclaration): string[] {
  if (row === undefined) return parameter.name.startsWith("X_TONALITE_") ? [] : ["not in the standard"];
  const found: string[] = [];
  const type = baseTypes[row.type] ?? row.type;
  if (type !== parameter.type) found.push(`type ${type}`);
  if (row.access !== parameter.access) found.push(`access ${row.access}`);
  if (/\blist\b/.test(row.facets) !== (parameter.list === true)) found.push("list");
  return [...found, ...enumDifferences(row, parameter), ...boundDifferences(row, parameter)];
}

/** An enumeration may be a part of the standard's only with a reason. */
function enumDifferences({ facets }: Row, { enum: own = [] }: ParameterDeclaration): string[] {
  const listed = /enum\{([^}]*)\}/.exec(facets)?.[1];
  if (listed === undefined) return own.length > 0 ? ["no enum in the standard"] : [];
  // "->X" takes the values that another parameter lists.
  if (listed.startsWith("->")) return [];
  const values = listed.split("|").map((value) => value.trim().replace(/\?$|\(dep\)$/, ""));
  if (own.length === 0) return ["enum missing", `enum not all of ${listed}`];
  const found: string[] = [];
  if (own.some((value) => !values.includes(value))) found.push(`enum beyond ${listed}`);
  if (values.some((value) => !own.includes(value))) found.push(`enum not all of ${listed}`);
  return found;
}

function boundDifferences({ facets }: Row, parameter: ParameterDeclaration): string[] {
  const found: string[] = [];
  const size = /size<=(\d+)/.exec(facets)?.[1];
  // What the device itself composes of references cannot be too long by another's doing.
  const derived = /ref:/.test(facets) && parameter.access === "readOnly";
  if (
    size !== undefined &&
    Number(size) !== (parameter.maxLength ?? 0) &&
    parameter.enum === undefined &&
    !derived
  )
    found.push(`size ${size}`);
  const [, low = "", high = ""] = /range\[(-?\d*):(-?\d*)\]/.exec(facets) ?? [];
  if (low !== "" && (parameter.minimum ?? 0) < Number(low)) found.push(`minimum ${low}`);
  if (high !== "" && (parameter.maximum ?? Infinity) > Number(high)) found.push(`maximum ${high}`);
  return found;
}
