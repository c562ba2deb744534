import type { Refusal } from "../../core/cwmp/index.ts";
import type { DataModel } from "../../core/data-model/index.ts";

const head = "# Tonalite configuration, secrets left out\n";
/** Bytes of a file that is taken; the whole of a box's own is some 20 000. */
export const longestConfiguration = 256 * 1024;

/**
 * The vendor configuration file: every parameter that can be set and is kept, a line `path=value` each, the values as
 * JSON strings. Secrets are left out; everything else is what a GetParameterValues shows too.
 */
export function configurationFile(model: DataModel): string {
  let text = head;
  for (const { path, value, writable } of model.read("")) {
    const { persist = true, secret = false } = model.declaration(path) ?? {};
    if (writable && persist && !secret) text += `${path}=${JSON.stringify(value)}\n`;
  }
  return text;
}

/**
 * Puts a configuration file into effect, all of it or nothing. It may hold secrets, and need not name every parameter:
 * what it does not name stays. The address of the ACS itself changes through SetParameterValues only, for a file from a
 * wrong place must not take the box away.
 * @returns why nothing changed: 9018 with the line that is wrong
 */
export function applyConfiguration(model: DataModel, bytes: Uint8Array): Refusal | undefined {
  const refuse = (line: number, why: string): Refusal => ({
    faultCode: 9018,
    faultString: `the configuration file is wrong in line ${line}: ${why}`.slice(0, 256),
  });
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return refuse(1, "it is not UTF-8 text");
  }
  const lines = text.split(/\r?\n/);
  const changes = new Map<string, { value: string; line: number }>();
  for (const [index, content] of lines.entries()) {
    if (content.trim() === "" || content.startsWith("#")) continue;
    const equals = content.indexOf("=");
    const path = content.slice(0, Math.max(equals, 0)).trim();
    const value = stringOf(content.slice(equals + 1));
    if (path === "" || value === undefined) return refuse(index + 1, 'it is not of the form path="value"');
    if (changes.has(path)) return refuse(index + 1, "the parameter was set before");
    if (path !== acsUrl) changes.set(path, { value, line: index + 1 });
  }
  if (changes.size === 0) return refuse(1, "it sets nothing");
  // What already is so is not written: a device refuses some writes for what they would change.
  const isNew = (path: string, value: string): boolean =>
    model.declaration(path) === undefined || model.value(path) !== value;
  const result = model.write(
    [...changes].flatMap(([path, { value }]) => (isNew(path, value) ? [{ path, value }] : [])),
    "cwmp",
  );
  const [fault] = result.ok ? [] : result.faults;
  if (fault === undefined) return undefined;
  return refuse(changes.get(fault.path)?.line ?? 1, fault.message);
}

const acsUrl = "Device.ManagementServer.URL";

function stringOf(json: string): string | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}
