import type { Device, DevicePatch, ProviderTerms } from "@tonalite/acs/api";

const base = "Device.X_TONALITE_Terms.";
const paths = {
  state: `${base}ServiceState`,
  clause: `${base}ServiceStateClause`,
  lifted: `${base}LimitationsLifted`,
} as const;

/** What the provider commanded for a subscriber, as staff sets it. */
export type ServiceChoice = { state: string; lifted: boolean };

export const choiceOf = ({ desired }: Pick<Device, "desired">): ServiceChoice => ({
  state: desired[paths.state] ?? "Active",
  lifted: desired[paths.lifted] === "true",
});

type Rules = Pick<ProviderTerms, "rules"> | undefined;

/** The rule that a state of the service rests on; undefined where the terms have none: then it is not offered. */
export function groundsOf(state: string, provider: Rules): ProviderTerms["rules"][number] | undefined {
  const rule = state === "CreditExhausted" ? "prepaidCredit" : "suspension";
  return state === "Active" ? undefined : provider?.rules.find((one) => one.rule === rule);
}

/** The states that can be chosen under these terms. */
export const statesUnder = (provider: Rules): string[] =>
  ["Active", "CreditExhausted", "OutgoingBarred", "Suspended"].filter(
    (state) => state === "Active" || groundsOf(state, provider) !== undefined,
  );

/** The rule whose limits the provider may lift for a customer, if its terms have one. */
export const liftableRule = (provider: Rules): ProviderTerms["rules"][number] | undefined =>
  provider?.rules.find(({ values }) => values["liftable"] === true);

/** What changes of the overrides; null takes one away. */
export function servicePatch(
  before: ServiceChoice,
  { state, lifted }: ServiceChoice,
  provider: Rules,
): NonNullable<DevicePatch["desired"]> {
  const isActive = state === "Active";
  return {
    ...(state === before.state
      ? {}
      : {
          [paths.state]: isActive ? null : state,
          [paths.clause]: isActive ? null : (groundsOf(state, provider)?.clause ?? null),
        }),
    ...(lifted === before.lifted ? {} : { [paths.lifted]: lifted ? "true" : null }),
  };
}
