import type { AppliedTerm } from "../records/index.ts";
import { applied } from "./evaluate.ts";
import type { Terms } from "./evaluate.ts";

/** A fax of the line as far as it has come. `pages`: confirmed by their receiver; `more`: another one follows. */
export type FaxProgress = { readonly pages: number; readonly more: boolean };

/**
 * May a fax go on? Holds without the ACS, as every rule.
 * @param validated the line's fax machine was tried, and found good
 * @returns the term that ends it, or null
 */
export function evaluateFax(
  { pages, more }: FaxProgress,
  validated: boolean,
  { provider }: Pick<Terms, "provider">,
): AppliedTerm | null {
  const rule = provider?.rules.fax;
  if (!rule) return null;
  if (rule.afterValidation && !validated) return applied(provider, "fax", rule.clause, "refused");
  if (rule.maxPages === undefined || pages < rule.maxPages || !more) return null;
  return applied(provider, "fax", rule.clause, `limit:${rule.maxPages} pages`);
}

/** What the terms say of any fax, for its record. */
export function faxTerms({ provider }: Pick<Terms, "provider">): AppliedTerm[] {
  const rule = provider?.rules.fax;
  return rule && !rule.guaranteed ? [applied(provider, "fax", rule.clause, "not-guaranteed")] : [];
}
