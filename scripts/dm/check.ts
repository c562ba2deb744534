/** Compares the declared data model with the standards' tables. `npm run dm:check -- --help`. */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { deviceModel } from "@tonalite/agent/core/data-model";
import { compare, type Finding, readTable, type Row, tables } from "./standard.ts";

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
  const rows = new Map<string, Row>();
  for (const { file, prefix } of tables) {
    const path = join(folder, file);
    if (!existsSync(path)) {
      process.stderr.write(`${path} is missing\n`);
      return 2;
    }
    readTable(readFileSync(path, "utf8"), prefix, rows);
  }
  const { deviations, objects, parameters, wrong } = compare(deviceModel, rows);
  if (values.json === true) {
    process.stdout.write(`${JSON.stringify({ objects, parameters, deviations, wrong }, null, 2)}\n`);
  } else {
    process.stdout.write(`${objects} objects, ${parameters} parameters of the standards are declared\n`);
    process.stdout.write(section(`deviations with a reason: ${deviations.length}`, deviations));
    process.stdout.write(section(`wrong: ${wrong.length}`, wrong));
  }
  return wrong.length > 0 ? 1 : 0;
}

function section(title: string, findings: readonly Finding[]): string {
  let text = `\n${title}\n`;
  for (const { differences, path, reason } of findings) {
    const what = differences.length > 0 ? differences.join(", ") : "deviates no more: drop its reason";
    text += `  ${path}: ${what}${reason === undefined ? "" : `\n    because ${reason}`}\n`;
  }
  return text;
}
