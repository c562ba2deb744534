import { randomInt } from "node:crypto";

// Crockford's base 32: no I, L, O, U, which are misread or rude.
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const length = 12;

/** A code for a label, 60 random bits: `7K3M-0QXZ-P9R4`. */
export function issueClaimCode(): string {
  const letters = Array.from({ length }, () => alphabet[randomInt(alphabet.length)] ?? "").join("");
  return letters.replaceAll(/(.{4})(?=.)/g, "$1-");
}

/** A code as somebody typed or read it, in its one spelling; undefined when it can be none. */
export function normalClaimCode(typed: string): string | undefined {
  const letters = typed.toUpperCase().replaceAll(/[\s-]/g, "").replaceAll("O", "0").replaceAll(/[IL]/g, "1");
  if (!/^[0-9A-HJKMNP-TV-Z]{12}$/.test(letters)) return undefined;
  return letters.replaceAll(/(.{4})(?=.)/g, "$1-");
}
