import { type TestName, testPaths } from "../../core/diagnostics/index.ts";
import { canonical, type DataModel } from "../../core/data-model/index.ts";

export type CommandSettings =
  | { ok: true; setting: (name: string) => string }
  | { ok: false; problem: string };

/** Input arguments of a USP command: the writable parameters of the test, by the same declarations, at their defaults. */
export function commandSettings(
  model: DataModel,
  test: TestName,
  args: Readonly<Record<string, string>>,
): CommandSettings {
  const given = new Map<string, string>();
  for (const [name, text] of Object.entries(args)) {
    const declaration = model.declaration(testPaths[test] + name);
    if (declaration?.access !== "readWrite" || name === "DiagnosticsState")
      return { ok: false, problem: `${name.slice(0, 64)}: no such argument` };
    const value = canonical(declaration, text);
    if (!value.ok) return { ok: false, problem: `${name}: ${value.message}` };
    given.set(name, value.value);
  }
  const initial = (name: string): string => model.initial(testPaths[test] + name) ?? "";
  return { ok: true, setting: (name) => given.get(name) ?? initial(name) };
}
