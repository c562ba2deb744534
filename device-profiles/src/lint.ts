import type { Profiles, ProviderProfile, RegionProfile, ToneDefinition } from "./schema.ts";

/** Something a schema cannot see: two facts that contradict each other. */
export type ProfileFinding = { profile: string; problem: string };

/** Checks profiles against each other; an empty list means nothing to say. */
export function lintProfiles(profiles: Profiles): ProfileFinding[] {
  return [
    ...[...profiles.regions.values()].flatMap(lintRegion),
    ...[...profiles.providers.values()].flatMap(lintProvider),
  ];
}

function lintRegion(region: RegionProfile): ProfileFinding[] {
  const findings: ProfileFinding[] = [];
  const say = (problem: string): void => void findings.push({ profile: `regions/${region.id}`, problem });
  const { hookFlash, ringing, callerId, dialling, tones } = region;
  if (hookFlash.minimumMs >= hookFlash.maximumMs) say("hookFlash: the minimum is not below the maximum");
  if (ringing.cadence.length % 2 !== 0) say("ringing.cadence: on and off times must come in pairs");
  if (callerId.standard !== "none" && callerId.delayMs >= (ringing.cadence[1] ?? 0))
    say("callerId.delayMs: the burst would start in the second ring");
  for (const range of dialling.ranges) {
    if (range.minimum > range.maximum) say(`dialling.ranges "${range.prefix}": minimum above maximum`);
    if (range.prefix.length > range.maximum)
      say(`dialling.ranges "${range.prefix}": prefix longer than the number`);
  }
  const prefixes = dialling.ranges.map((range) => range.prefix);
  for (const prefix of new Set(prefixes))
    if (prefixes.indexOf(prefix) !== prefixes.lastIndexOf(prefix))
      say(`dialling.ranges: "${prefix}" stands twice`);
  if (!dialling.ranges.some((range) => range.category === "emergency"))
    say("dialling.ranges: no emergency number");
  // A refusal that sounds like a busy line teaches the caller to try again: the terms ask for a treatment of its own.
  for (const [name, tone] of Object.entries(tones))
    if (name !== "refused" && sameSound(tone, tones.refused)) say(`tones.refused sounds like tones.${name}`);
  return findings;
}

function lintProvider(provider: ProviderProfile): ProfileFinding[] {
  const { callDuration, maintenance, refusedNumbers } = provider.rules;
  const findings: ProfileFinding[] = [];
  const say = (problem: string): void => void findings.push({ profile: `providers/${provider.id}`, problem });
  if (callDuration && callDuration.raisableTo < callDuration.seconds)
    say("callDuration: raisableTo below seconds");
  if (callDuration && callDuration.warningSeconds >= callDuration.seconds)
    say("callDuration: the warning would come before the call");
  const refused = new Set(refusedNumbers?.flatMap((rule) => rule.categories));
  for (const category of callDuration?.categories ?? [])
    if (refused.has(category)) say(`callDuration: calls of category "${category}" are refused anyway`);
  for (const { from, to } of maintenance?.windows ?? []) {
    if (from >= to) say(`maintenance: a window from ${from} to ${to} is never open`);
    if (![from, to].every((time) => /(?:00|15|30|45)$/.test(time)))
      say("maintenance: hours begin and end on a quarter of an hour");
  }
  return findings;
}

function sameSound(one: ToneDefinition, other: ToneDefinition): boolean {
  const sound = (tone: ToneDefinition): string =>
    JSON.stringify(tone.steps.map((s) => [s.frequencies, s.ms]));
  return sound(one) === sound(other);
}
