import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { deviceModel, type ParameterDeclaration } from "./index.ts";

const tables = join(import.meta.dirname, "../../../../../shared/data-model");
const files = [
  { file: "tr-181-2-16-0-cwmp-subset.tsv", prefix: "" },
  { file: "tr-181-2-16-0-usp-subset.tsv", prefix: "" },
  { file: "tr-104-2-0-2-cwmp.tsv", prefix: "Device.Services." },
];
const missing = files.every(({ file }) => existsSync(join(tables, file)))
  ? undefined
  : "the tables of the standards are not beside the repository";

type Row = { access: string; type: string; facets: string };
function readTables(): Map<string, Row> {
  const rows = new Map<string, Row>();
  for (const { file, prefix } of files) {
    for (const line of readFileSync(join(tables, file), "utf8").split("\n")) {
      const [name = "", , access = "", type = "", facets = ""] = line.split("\t");
      if (name !== "" && !rows.has(prefix + name)) rows.set(prefix + name, { access, type, facets });
    }
  }
  return rows;
}

/** Named types of TR-106 and their base. */
const baseTypes: Record<string, string> = {
  Alias: "string",
  URL: "string",
  IPAddress: "string",
  StatsCounter32: "unsignedInt",
  StatsCounter64: "unsignedLong",
};

/** What a declaration says otherwise than the standard; an enumeration may be a part only with a reason. */
function differences(row: Row, parameter: ParameterDeclaration): string[] {
  const found: string[] = [];
  const type = baseTypes[row.type] ?? row.type;
  if (type !== parameter.type) found.push(`type ${type}`);
  if (row.access !== parameter.access) found.push(`access ${row.access}`);
  if (/\blist\b/.test(row.facets) !== (parameter.list === true)) found.push("list");
  const listed = /enum\{([^}]*)\}/.exec(row.facets)?.[1];
  // "->X" takes the values that another parameter lists.
  if (listed !== undefined && !listed.startsWith("->")) {
    const values = listed.split("|").map((value) => value.trim().replace(/\?$|\(dep\)$/, ""));
    const own = parameter.enum ?? [];
    if (own.length === 0) found.push("enum missing");
    if (own.some((value) => !values.includes(value))) found.push(`enum beyond ${listed}`);
    if (values.some((value) => !own.includes(value))) found.push(`enum not all of ${listed}`);
  }
  if (listed === undefined && parameter.enum !== undefined) found.push("no enum in the standard");
  const size = /size<=(\d+)/.exec(row.facets)?.[1];
  if (size !== undefined && Number(size) !== (parameter.maxLength ?? 0) && parameter.enum === undefined) {
    const derived = /ref:/.test(row.facets) && parameter.access === "readOnly";
    if (!derived) found.push(`size ${size}`);
  }
  const [, low, high] = /range\[(-?\d*):(-?\d*)\]/.exec(row.facets) ?? [];
  if (low !== undefined && low !== "" && (parameter.minimum ?? 0) < Number(low)) found.push(`minimum ${low}`);
  if (high !== undefined && high !== "" && (parameter.maximum ?? Infinity) > Number(high))
    found.push(`maximum ${high}`);
  return found;
}

describe.skipIf(missing !== undefined)(
  `the declared model against the standard${missing === undefined ? "" : ` (skipped: ${missing})`}`,
  () => {
    const standard = missing === undefined ? readTables() : new Map<string, Row>();
    const declared = deviceModel.filter(({ path }) => !path.includes("X_TONALITE_") && path !== "Device.");

    it.each(declared.map((object) => [object.path, object] as const))(
      "%s",
      (path, { access, parameters }) => {
        expect(standard.get(path), "object").toMatchObject({ access });
        for (const parameter of parameters) {
          const row = standard.get(path + parameter.name);
          const found = row === undefined ? ["not in the standard"] : differences(row, parameter);
          if (parameter.deviation === undefined) expect(found, path + parameter.name).toEqual([]);
          else expect(found, `${path}${parameter.name} deviates no more: drop its reason`).not.toEqual([]);
        }
      },
    );

    it("extends it only under the vendor's prefix, with a description or an obvious name", () => {
      for (const { path } of deviceModel) {
        expect(path === "Device." || standard.has(path) || path.startsWith("Device.X_TONALITE_"), path).toBe(
          true,
        );
      }
    });
  },
);
