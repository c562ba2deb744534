import type {
  HardwareProfile,
  ProviderProfile,
  RefusedNumbersRule,
  RegionProfile,
  ToneName,
} from "@tonalite/device-profiles";
import type { AppliedTerm } from "../records/index.ts";
import { classifyNumber } from "./number.ts";
import type { ClassifiedNumber } from "./number.ts";
import { hostMatches } from "./registrar.ts";

/** In the order of what is left of the service. */
export const serviceStates = ["Active", "CreditExhausted", "OutgoingBarred", "Suspended"] as const;
/** What the provider commanded for the subscriber. */
export type ServiceState = (typeof serviceStates)[number];

/** Everything a verdict rests on: profiles are data, the rest is what the ACS set. */
export type Terms = {
  /** null: the box serves no provider yet, and nothing is restricted. */
  readonly provider: ProviderProfile | null;
  readonly region: RegionProfile;
  /** What a laboratory board adds; never present on a product's board. */
  readonly laboratory: NonNullable<HardwareProfile["laboratory"]> | null;
  readonly serviceState: ServiceState;
  /** The clause the ACS cited with the service state, "" = the provider's suspension rule. */
  readonly serviceStateClause: string;
  /** Seconds the customer chose; 0 = the terms' own. */
  readonly maximumCallDuration: number;
  /** The provider lifted what its terms let it lift. */
  readonly limitationsLifted: boolean;
};

export type CallLimit = { readonly seconds: number; readonly warningSeconds: number };
export type CallVerdict =
  | {
      readonly verdict: "allowed";
      readonly number: ClassifiedNumber;
      readonly limit: CallLimit | null;
      readonly terms: readonly AppliedTerm[];
    }
  | {
      readonly verdict: "refused";
      readonly number: ClassifiedNumber;
      /** How the caller hears it. */
      readonly tone: ToneName;
      readonly terms: readonly [AppliedTerm];
    };

/** The numbering plan in force: the laboratory's numbers first come, longest prefix wins. */
export function numberRanges(terms: Terms): RegionProfile["dialling"]["ranges"] {
  const { ranges } = terms.region.dialling;
  return terms.laboratory ? [...terms.laboratory.ranges, ...ranges] : ranges;
}

/** May this number be called, for how long, and by which clauses? Holds without the ACS. */
export function evaluateCall(number: string, terms: Terms): CallVerdict {
  const classified = classifyNumber(number, numberRanges(terms));
  const barred = serviceTerm(terms);
  // No bill keeps anybody from help: whether a call for it is carried is the rule on numbers' matter alone.
  if (barred && classified.category !== "emergency")
    return { verdict: "refused", number: classified, tone: "refused", terms: [barred] };
  const rule = refusal(classified.category, terms);
  if (rule) {
    const term = applied(terms.provider, "refusedNumbers", rule.clause, "refused");
    return { verdict: "refused", number: classified, tone: rule.tone, terms: [term] };
  }
  const unpaid = creditTerm(classified.category, terms);
  if (unpaid) return { verdict: "refused", number: classified, tone: "refused", terms: [unpaid] };
  const { limit, terms: limitTerms } = callLimit(classified, terms);
  return { verdict: "allowed", number: classified, limit, terms: limitTerms };
}

/** The rule by which calls of a category are not carried here, for this customer. */
function refusal(category: ClassifiedNumber["category"], terms: Terms): RefusedNumbersRule | undefined {
  if (category === "unknown") return undefined;
  return terms.provider?.rules.refusedNumbers?.find(
    (rule) =>
      rule.categories.includes(category) &&
      !rule.carriedIn?.includes(terms.region.id) &&
      !(rule.liftable === true && terms.limitationsLifted),
  );
}

/**
 * Does a call that is up end because the prepaid credit is used up (IPPI 9.2)? Incoming calls are not asked about.
 * @returns the warning's seconds and the term that ends it, or null
 */
export function evaluateCredit(
  number: string,
  terms: Terms,
): { warningSeconds: number; term: AppliedTerm } | null {
  const term = creditTerm(classifyNumber(number, numberRanges(terms)).category, terms);
  const rule = terms.provider?.rules.prepaidCredit;
  return term && rule ? { warningSeconds: rule.warningSeconds, term } : null;
}

/** A provider whose terms know no credit has nothing to cut: the state has no effect then. */
function creditTerm(category: ClassifiedNumber["category"], terms: Terms): AppliedTerm | null {
  const rule = terms.provider?.rules.prepaidCredit;
  if (terms.serviceState !== "CreditExhausted" || !rule || category === "unknown") return null;
  if (category === "emergency" || !rule.categories.includes(category)) return null;
  return applied(
    terms.provider,
    "prepaidCredit",
    terms.serviceStateClause || rule.clause,
    "credit-exhausted",
  );
}

/** May a call come in? A suspended line takes none. */
export function evaluateIncoming(terms: Terms): AppliedTerm | null {
  return terms.serviceState === "Suspended" ? serviceTerm(terms) : null;
}

/**
 * May the line register there (a provider's equipment used elsewhere)?
 * @returns the term that forbids it, or null.
 */
export function evaluateRegistrar(
  host: string,
  terms: Pick<Terms, "provider" | "laboratory">,
): AppliedTerm | null {
  const rule = terms.provider?.rules.equipmentUse;
  if (!rule) return null;
  const allowed = [...rule.registrars, ...(terms.laboratory?.registrars ?? [])];
  if (allowed.some((pattern) => hostMatches(host, pattern))) return null;
  return applied(terms.provider, "equipmentUse", rule.clause, "not-registered");
}

function serviceTerm(terms: Terms): AppliedTerm | null {
  if (terms.serviceState === "Active" || terms.serviceState === "CreditExhausted") return null;
  const clause = terms.serviceStateClause || terms.provider?.rules.suspension?.clause || "";
  const effect = terms.serviceState === "Suspended" ? "suspended" : "outgoing-barred";
  return applied(terms.provider, "suspension", clause, effect);
}

function callLimit(
  number: ClassifiedNumber,
  terms: Terms,
): { limit: CallLimit | null; terms: AppliedTerm[] } {
  const rule = terms.provider?.rules.callDuration;
  if (!rule || number.category === "unknown" || !rule.categories.includes(number.category)) {
    return { limit: null, terms: [] };
  }
  const chosen = terms.maximumCallDuration;
  const seconds = chosen === 0 ? rule.seconds : Math.min(chosen, rule.raisableTo);
  const clause = seconds > rule.seconds ? rule.raiseClause : rule.clause;
  // A limit shorter than the warning still warns: half-way.
  const warningSeconds = Math.min(rule.warningSeconds, seconds / 2);
  return {
    limit: { seconds, warningSeconds },
    terms: [applied(terms.provider, "callDuration", clause, `limit:${seconds}`)],
  };
}

/** A rule that has its say, as a record tells it. */
export function applied(
  provider: ProviderProfile | null,
  rule: string,
  clause: string,
  effect: string,
): AppliedTerm {
  return { provider: provider?.id ?? "", rule, clause, effect };
}
