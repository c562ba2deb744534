import { type TestName, type TestOutcome, testPaths } from "../../core/diagnostics/index.ts";
import type { DataModel } from "../../core/data-model/index.ts";

const tables: Readonly<Record<TestName, readonly string[]>> = {
  ping: [],
  "trace-route": ["RouteHops"],
  download: ["PerConnectionResult", "IncrementalResult"],
  upload: ["PerConnectionResult", "IncrementalResult"],
  "name-lookup": ["Result"],
  voice: [],
};

/** Puts a test's results where they stand in the data model; the state last, for whoever watches it. */
export function showOutcome(model: DataModel, test: TestName, outcome: TestOutcome): void {
  const base = testPaths[test];
  for (const name of tables[test]) {
    const table = `${base}${name}.`;
    for (const row of model.instances(table)) model.removeInstance(table, row);
    for (const [index, row] of (outcome.tables?.[name] ?? []).entries()) {
      model.addInstance(table, index + 1);
      for (const [parameter, value] of Object.entries(row))
        model.publish(`${table}${index + 1}.${parameter}`, value);
    }
  }
  for (const [name, value] of Object.entries(outcome.values ?? {})) model.publish(base + name, value);
  model.publish(`${base}DiagnosticsState`, outcome.state);
}
