import type { ParameterDeclaration } from "../declaration.ts";
import { deviceModel } from "../device/index.ts";
import { templateOf } from "../template.ts";

/** Instance numbers by the letter that stands for them in a mapping's paths. */
export type Indexes = Readonly<Record<string, number>>;
/** A value of the device's own model, as others see it; "" for what does not exist now. */
export type Reader = (path: string) => string;

/** One parameter of an old data model, and what it stands for. */
export type Mapping = {
  /** Below the root of the old model; `{n}` and other letters are instance numbers. */
  path: string;
  declaration: ParameterDeclaration;
  /** Paths of the device's own model: read from the first, written to all. Empty: see `compute`. */
  to: readonly string[];
  read?: (value: string) => string;
  write?: (value: string) => string;
  /** A value that no single parameter holds. It can be "set" to what it is: an ACS of that time sends it along. */
  compute?: (get: Reader, indexes: Indexes) => string;
};

/** The tables of the device's own model that the letters run over. */
export const domains: Readonly<Record<string, string>> = {
  n: "Device.Services.VoiceService.1.CallControl.Line.",
  c: "Device.Services.VoiceService.1.Capabilities.Codec.",
  m: "Device.Services.VoiceService.1.CodecProfile.",
  h: "Device.IP.Diagnostics.TraceRoute.RouteHops.",
};

/** What an old declaration has otherwise than the new one; undefined takes a facet away. */
export type Otherwise = { [K in keyof ParameterDeclaration]?: ParameterDeclaration[K] | undefined };

/** The declaration behind a path with letters or numbers. */
function declared(path: string): ParameterDeclaration {
  const template = templateOf(path.replaceAll(/\{\w\}/g, "1"));
  const object = template.slice(0, template.lastIndexOf(".") + 1);
  const { parameters = [] } = deviceModel.find((candidate) => candidate.path === object) ?? {};
  const found = parameters.find(({ name }) => name === lastName(template));
  if (found === undefined) throw new RangeError(`${path} is not in the data model`);
  return found;
}

const lastName = (path: string): string => path.slice(path.lastIndexOf(".") + 1);

/** The same parameter under another path. */
export function same(path: string, to: string | readonly string[], otherwise: Otherwise = {}): Mapping {
  const targets = typeof to === "string" ? [to] : to;
  const { deviation: _deviation, ...base } = declared(targets[0] ?? "");
  const merged = Object.entries({ ...base, ...otherwise, name: lastName(path) });
  const declaration = Object.fromEntries(merged.filter(([, value]) => value !== undefined));
  return { path, to: targets, declaration: declaration as ParameterDeclaration };
}

/** The same parameters of two objects, by name. */
export const alike = (path: string, to: string, names: readonly string[]): Mapping[] =>
  names.map((name) => same(path + name, to + name));

/** A parameter whose values have other words. What has no word reads as `otherwise`. */
export function translated(
  path: string,
  to: string | readonly string[],
  words: Readonly<Record<string, string>>,
  otherwise: string,
  change: Otherwise,
): Mapping {
  const back = new Map(Object.entries(words).map(([ours, theirs]) => [theirs, ours]));
  return {
    ...same(path, to, change),
    read: (value) => words[value] ?? otherwise,
    write: (value) => back.get(value) ?? value,
  };
}

/** A value that the device makes up of others, or that is always the same. */
export const made = (
  path: string,
  declaration: Omit<ParameterDeclaration, "name">,
  compute: (get: Reader, indexes: Indexes) => string,
): Mapping => ({ path, to: [], declaration: { ...declaration, name: lastName(path) }, compute });
