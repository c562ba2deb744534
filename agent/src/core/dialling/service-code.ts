import type { LineService, ServiceCode } from "@tonalite/device-profiles";

/** What dialled digits are among a region's service codes. */
export type ServiceMatch =
  | { readonly match: "none" }
  /** A code begins like this. */
  | { readonly match: "partial" }
  /** The code is dialled; digits that belong to it, up to a "#", are still to come. */
  | { readonly match: "collecting"; readonly service: LineService; readonly number: string }
  /** The code is dialled; what follows is a number like any other. */
  | { readonly match: "prefix"; readonly service: LineService; readonly number: string }
  | { readonly match: "complete"; readonly service: LineService; readonly number: string };

const argument = "{number}";
const none: ServiceMatch = { match: "none" };

/** Looks digits up. A code that is dialled whole goes before one that could still grow out of it. */
export function matchService(digits: string, codes: readonly ServiceCode[]): ServiceMatch {
  let best: ServiceMatch = none;
  for (const code of codes) {
    const found = matchCode(digits, code);
    if (found.match === "complete") return found;
    if (found.match !== "none" && (best.match === "none" || best.match === "partial")) best = found;
  }
  return best;
}

function matchCode(digits: string, { code, service }: ServiceCode): ServiceMatch {
  const at = code.indexOf(argument);
  const fixed = at < 0 ? code : code.slice(0, at);
  if (digits.length < fixed.length) return fixed.startsWith(digits) ? { match: "partial" } : none;
  if (!digits.startsWith(fixed)) return none;
  const number = digits.slice(fixed.length);
  if (at < 0) return number === "" ? { match: "complete", service, number } : none;
  if (!code.endsWith("#")) return { match: "prefix", service, number };
  if (!number.endsWith("#")) return { match: "collecting", service, number };
  return { match: "complete", service, number: number.slice(0, -1) };
}
