import type { DataModel } from "../../core/data-model/index.ts";

/**
 * The vendor configuration file: every parameter that can be set, a line `path=value` each, the values as JSON strings.
 * Secrets are left out; everything else is what a GetParameterValues shows too.
 */
export function configurationFile(model: DataModel): string {
  let text = "# Tonalite configuration, secrets left out\n";
  for (const { path, value, writable } of model.read("")) {
    if (writable && model.declaration(path)?.secret !== true) text += `${path}=${JSON.stringify(value)}\n`;
  }
  return text;
}
