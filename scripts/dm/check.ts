/** Compares the declared data model with the standards' tables. `npm run dm:check -- --help`. */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { deviceModel, oldVoiceModel } from "@tonalite/agent/core/data-model";
import { compare, type Comparison, type Finding, readTable, type Row, oldTable, tables } from "./standard.ts";

const usage = `Compares the declared data model with the tables of TR-181 and TR-104.

  npm run dm:check -- [--tables DIR] [--json]

  --tables DIR   where the .tsv files are; ../shared/data-model beside the repository by default
  Exit code: 0 every difference has its reason, 1 one has none, 2 the tables are not there, 64 a wrong command line.
`;

process.exitCode = main();

function main(): number {
  let values: { tables?: string; json?: boolean; help?: boolean };
  try {
    ({ values } = parseArgs({
      options: { tables: { type: "string" }, json: { type: "boolean" }, help: { type: "boolean" } },
    }));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : "wrong command line"}\n\n${usage}`);
    return 64;
  }
  if (values.help === true) {
    process.stdout.write(usage);
    return 0;
  }
  const folder = resolve(values.tables ?? join(import.meta.dirname, "../../../shared/data-model"));
  const missing = [...tables, oldTable].find(({ file }) => !existsSync(join(folder, file)));
  if (missing !== undefined) {
    process.stderr.write(`${join(folder, missing.file)} is missing\n`);
    return 2;
  }
  const own = compare(deviceModel, rowsOf(folder, tables));
  const old = compare(oldVoiceModel(), rowsOf(folder, [oldTable]));
  if (values.json === true) {
    process.stdout.write(`${JSON.stringify({ ...own, old }, null, 2)}\n`);
  } else {
    process.stdout.write(report("of TR-181 and TR-104 issue 2 are declared", own));
    process.stdout.write(`\n${report("of TR-104 issue 1 are in the projection", old)}`);
  }
  return own.wrong.length + old.wrong.length > 0 ? 1 : 0;
}

function rowsOf(folder: string, sources: readonly { file: string; prefix: string }[]): Map<string, Row> {
  const rows = new Map<string, Row>();
  for (const { file, prefix } of sources) readTable(readFileSync(join(folder, file), "utf8"), prefix, rows);
  return rows;
}

function report(what: string, { deviations, objects, parameters, wrong }: Comparison): string {
  return [
    `${objects} objects, ${parameters} parameters ${what}\n`,
    section(`deviations with a reason: ${deviations.length}`, deviations),
    section(`wrong: ${wrong.length}`, wrong),
  ].join("");
}

function section(title: string, findings: readonly Finding[]): string {
  let text = `\n${title}\n`;
  for (const { differences, path, reason } of findings) {
    const what = differences.length > 0 ? differences.join(", ") : "deviates no more: drop its reason";
    text += `  ${path}: ${what}${reason === undefined ? "" : `\n    because ${reason}`}\n`;
  }
  return text;
}
