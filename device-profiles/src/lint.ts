import { lintRegion } from "./region-lint.ts";
import type { Profiles, ProviderProfile } from "./schema.ts";

/** Something a schema cannot see: two facts that contradict each other. */
export type ProfileFinding = { profile: string; problem: string };

/** Checks profiles against each other; an empty list means nothing to say. */
export function lintProfiles(profiles: Profiles): ProfileFinding[] {
  return [
    ...[...profiles.regions.values()].flatMap((region) =>
      lintRegion(region).map((problem) => ({ profile: `regions/${region.id}`, problem })),
    ),
    ...[...profiles.providers.values()].flatMap((provider) => lintProvider(provider, profiles.regions)),
  ];
}

function lintProvider(provider: ProviderProfile, regions: Profiles["regions"]): ProfileFinding[] {
  const { callDuration, maintenance, prepaidCredit, refusedNumbers } = provider.rules;
  const findings: ProfileFinding[] = [];
  const say = (problem: string): void => void findings.push({ profile: `providers/${provider.id}`, problem });
  if (callDuration && callDuration.raisableTo < callDuration.seconds)
    say("callDuration: raisableTo below seconds");
  if (callDuration && callDuration.warningSeconds >= callDuration.seconds)
    say("callDuration: the warning would come before the call");
  const always = refusedNumbers?.filter((rule) => !rule.carriedIn && !rule.liftable);
  const refused = new Set(always?.flatMap((rule) => rule.categories));
  for (const category of callDuration?.categories ?? [])
    if (refused.has(category)) say(`callDuration: calls of category "${category}" are refused anyway`);
  if (prepaidCredit?.categories.includes("emergency"))
    say("prepaidCredit: a call for help never ends for money");
  for (const rule of refusedNumbers ?? []) {
    for (const region of rule.carriedIn ?? [])
      if (!regions.has(region)) say(`refusedNumbers ${rule.clause}: there is no region "${region}"`);
    if (rule.liftable && rule.categories.includes("emergency"))
      say(`refusedNumbers ${rule.clause}: nobody pays a deposit to call for help`);
  }
  for (const { from, to } of maintenance?.windows ?? []) {
    if (from >= to) say(`maintenance: a window from ${from} to ${to} is never open`);
    if (![from, to].every((time) => /(?:00|15|30|45)$/.test(time)))
      say("maintenance: hours begin and end on a quarter of an hour");
  }
  return findings;
}
