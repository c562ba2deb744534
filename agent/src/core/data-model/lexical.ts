import type { ParameterDeclaration, ParameterType } from "./declaration.ts";

/** A value in canonical XSD lexical form, or why it is none (never quoting it: it may be a secret). */
export type Canonical = { ok: true; value: string } | { ok: false; message: string };

const good = (value: string): Canonical => ({ ok: true, value });
const bad = (message: string): Canonical => ({ ok: false, message });

const integerBounds: Partial<Record<ParameterType, readonly [bigint, bigint]>> = {
  int: [-(2n ** 31n), 2n ** 31n - 1n],
  unsignedInt: [0n, 2n ** 32n - 1n],
  long: [-(2n ** 63n), 2n ** 63n - 1n],
  unsignedLong: [0n, 2n ** 64n - 1n],
};

const zeros: Record<ParameterType, string> = {
  string: "",
  base64: "",
  hexBinary: "",
  boolean: "false",
  // TR-069 A.1 "Unknown Time".
  dateTime: "0001-01-01T00:00:00Z",
  int: "0",
  unsignedInt: "0",
  long: "0",
  unsignedLong: "0",
  decimal: "0",
};

/** What a parameter holds before anyone set it. */
export function initialValue({ default: initial, list, minimum, type }: ParameterDeclaration): string {
  if (initial !== undefined) return initial;
  if (list === true) return "";
  return minimum === undefined ? zeros[type] : String(minimum);
}

/** Checks a value against its declaration and writes it in one canonical spelling, so that equal values compare equal. */
export function canonical(declaration: ParameterDeclaration, text: string): Canonical {
  if (declaration.list !== true) return canonicalItem(declaration, text);
  if (text.trim() === "") return good("");
  const items: string[] = [];
  for (const item of text.split(",")) {
    // The length bound of a list holds for the whole of it (TR-106 §3.2.3).
    const result = canonicalItem(declaration, item.trim());
    if (!result.ok) return result;
    items.push(result.value);
  }
  return withinLength(declaration, items.join(","));
}

function canonicalItem(declaration: ParameterDeclaration, text: string): Canonical {
  const result = byType[declaration.type](declaration, text);
  if (result.ok && declaration.enum !== undefined && !declaration.enum.includes(result.value)) {
    return bad(`must be one of ${declaration.enum.map((value) => `"${value}"`).join(", ")}`);
  }
  return result;
}

const byType: Record<ParameterType, (declaration: ParameterDeclaration, text: string) => Canonical> = {
  string: withinLength,
  boolean: (_declaration, text) => canonicalBoolean(text.trim()),
  int: canonicalInteger,
  unsignedInt: canonicalInteger,
  long: canonicalInteger,
  unsignedLong: canonicalInteger,
  decimal: (_declaration, text) =>
    /^[+-]?(\d+(\.\d*)?|\.\d+)$/.test(text.trim()) ? good(text.trim()) : bad("must be a decimal number"),
  dateTime: (_declaration, text) => canonicalDateTime(text.trim()),
  base64: (declaration, text) =>
    /^([A-Za-z\d+/]{4})*([A-Za-z\d+/]{2}==|[A-Za-z\d+/]{3}=)?$/.test(text.trim())
      ? withinLength(declaration, text.trim())
      : bad("must be base64"),
  hexBinary: (declaration, text) =>
    /^([\dA-Fa-f]{2})*$/.test(text.trim())
      ? withinLength(declaration, text.trim().toUpperCase())
      : bad("must be pairs of hexadecimal digits"),
};

const patterns: Record<NonNullable<ParameterDeclaration["pattern"]>, { form: RegExp; message: string }> = {
  // RFC 791 dotted quads, or what can only be IPv6: the network service reads it more closely.
  "ip-address": {
    form: /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$|^(?=.*:)[\da-fA-F:]{2,39}(?:\.\d{1,3}){0,3}$/,
    message: "must be an IP address",
  },
};

function withinLength({ maxLength, pattern }: ParameterDeclaration, text: string): Canonical {
  if (pattern !== undefined && text !== "" && !patterns[pattern].form.test(text))
    return bad(patterns[pattern].message);
  return maxLength !== undefined && text.length > maxLength
    ? bad(`must have at most ${maxLength} characters`)
    : good(text);
}

function canonicalBoolean(text: string): Canonical {
  if (text === "1" || text === "true") return good("true");
  if (text === "0" || text === "false") return good("false");
  return bad("must be true or false");
}

function canonicalInteger({ type, minimum, maximum }: ParameterDeclaration, raw: string): Canonical {
  const text = raw.trim();
  // 20 digits hold every 64-bit number; more are refused before they cost time.
  if (!/^[+-]?\d{1,20}$/.test(text)) return bad("must be an integer");
  const value = BigInt(text.startsWith("+") ? text.slice(1) : text);
  const [lowest, highest] = integerBounds[type] ?? [value, value];
  const least = minimum === undefined ? lowest : BigInt(minimum);
  const most = maximum === undefined ? highest : BigInt(maximum);
  return value < least || value > most ? bad(`must be from ${least} to ${most}`) : good(value.toString());
}

/** TR-106 §3.2.1: dateTime is UTC; a value without a zone is read as UTC, one with an offset is converted. */
function canonicalDateTime(text: string): Canonical {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d)?$/.exec(text);
  const [, seconds = "", fraction = "", zone = "Z"] = match ?? [];
  const milliseconds = Date.parse(`${seconds}${zone}`);
  // Date.parse turns 30 February into 2 March; the text must say what it means.
  if (match === null || Number.isNaN(milliseconds) || !validDay(seconds)) return bad("must be a dateTime");
  return good(`${new Date(milliseconds).toISOString().slice(0, 19)}${fraction}Z`);
}

function validDay(seconds: string): boolean {
  const parsed = new Date(`${seconds}Z`);
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(seconds.slice(0, 10));
}

const integers: ReadonlySet<ParameterType> = new Set(["int", "unsignedInt", "long", "unsignedLong"]);

/**
 * Whether a value sent as one type may be meant for a parameter of another. An ACS that has not read the data model
 * sends string, or another width of integer; anything else is fault 9006.
 */
export const typeAccepted = (sent: ParameterType, declared: ParameterType): boolean =>
  sent === declared || sent === "string" || (integers.has(sent) && integers.has(declared));
