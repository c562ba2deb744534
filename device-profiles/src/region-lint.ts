import type { NumberRange, RegionProfile, ToneDefinition, ToneName } from "./schema.ts";

/** Telephones' displays and the burst's length leave no room for a longer message: seizure, mark and 60 octets. */
const longestBurstMs = 1000;
/** ETSI EN 300 659-1 §6.1.2: 200 ms at least between the burst and the next ring. */
const guardMs = 200;

/** What a region's profile says that cannot be, or that a subscriber would misunderstand. */
export function lintRegion(region: RegionProfile): string[] {
  return [
    ...lintTones(region),
    ...lintRinging(region),
    ...lintHook(region),
    ...lintNumbering(region),
    ...lintServices(region),
    ...lintWarning(region),
  ];
}

function lintTones({ tones }: RegionProfile): string[] {
  const problems: string[] = [];
  for (const [name, tone] of Object.entries(tones)) {
    const { steps, lead, repeat } = tone;
    if (steps.slice(0, -1).some((step) => step.ms === 0))
      problems.push(`tones.${name}: steps after a lasting one are never heard`);
    if (steps.every((step) => step.frequencies.length === 0)) problems.push(`tones.${name}: is silent`);
    if (lead && lead.steps >= steps.length) problems.push(`tones.${name}: nothing follows its lead`);
    if (repeat > 0 && steps.at(-1)?.ms === 0) problems.push(`tones.${name}: repeats a step that never ends`);
    // A refusal that sounds like a busy line teaches the caller to try again: the terms ask for a treatment of its own.
    if (name !== "refused" && sameSound(tone, tones.refused))
      problems.push(`tones.refused sounds like tones.${name}`);
  }
  const mustDiffer: [ToneName, ToneName][] = [
    ["dial", "message-waiting"],
    ["dial", "not-registered"],
    ["busy", "congestion"],
    ["busy", "ringback"],
    ["busy", "call-waiting"],
  ];
  for (const [one, other] of mustDiffer)
    if (sameSound(tones[one], tones[other])) problems.push(`tones.${one} sounds like tones.${other}`);
  if (tones["call-limit-warning"].repeat === 0) problems.push("tones.call-limit-warning: never ends");
  if (tones.confirmation.repeat === 0) problems.push("tones.confirmation: never ends");
  return problems;
}

function lintRinging({ ringing, callerId, messageWaiting }: RegionProfile): string[] {
  const problems: string[] = [];
  const { standard, timing, alert, delayMs } = callerId;
  for (const [where, cadence] of [
    ["cadence", ringing.cadence] as const,
    ...ringing.distinctive.map((ring) => [`distinctive "${ring.alert}"`, ring.cadence] as const),
  ]) {
    if (cadence.length % 2 !== 0) problems.push(`ringing.${where}: on and off times must come in pairs`);
    if (
      standard !== "none" &&
      timing === "during-ring" &&
      Math.max(...silences(cadence)) < delayMs + longestBurstMs + guardMs
    )
      problems.push(`ringing.${where}: no silence holds the caller's identification`);
  }
  if (timing === "during-ring" && alert !== "none")
    problems.push("callerId.alert: the first ring itself is the alert");
  // Telcordia GR-30 alone starts without an alert, after an open switching interval that drivers do not have.
  if (timing === "before-ring" && alert === "none")
    problems.push("callerId.alert: nothing announces the burst");
  if (timing === "during-ring" && (delayMs < 300 || delayMs > 2000))
    problems.push(
      "callerId.delayMs: 500 … 2000 ms after the first ring (EN 300 659-1 §6.1.2), 300 ms at the least",
    );
  if (messageWaiting.lamp && standard === "none")
    problems.push("messageWaiting.lamp: needs a caller identification standard");
  return problems;
}

function silences(cadence: readonly number[]): number[] {
  return cadence.filter((_, index) => index % 2 === 1);
}

function lintHook({ hookFlash, pulse }: RegionProfile): string[] {
  const problems: string[] = [];
  if (hookFlash.minimumMs >= hookFlash.maximumMs)
    problems.push("hookFlash: the minimum is not below the maximum");
  for (const name of ["breakMs", "makeMs"] as const)
    if (pulse[name].minimum >= pulse[name].maximum)
      problems.push(`pulse.${name}: the minimum is not below the maximum`);
  if (pulse.breakMs.maximum >= hookFlash.minimumMs) problems.push("pulse.breakMs: a pulse would be a flash");
  if (pulse.interDigitMs <= pulse.makeMs.maximum) problems.push("pulse.interDigitMs: within a digit");
  return problems;
}

function lintNumbering({ dialling }: RegionProfile): string[] {
  const problems: string[] = [];
  const { ranges } = dialling;
  for (const range of ranges) {
    if (range.minimum > range.maximum)
      problems.push(`dialling.ranges "${range.prefix}": minimum above maximum`);
    if (range.prefix.length > range.maximum)
      problems.push(`dialling.ranges "${range.prefix}": prefix longer than the number`);
  }
  const prefixes = ranges.map((range) => range.prefix);
  for (const prefix of new Set(prefixes))
    if (prefixes.indexOf(prefix) !== prefixes.lastIndexOf(prefix))
      problems.push(`dialling.ranges: "${prefix}" stands twice`);
  const emergencies = ranges.filter((range) => range.category === "emergency");
  if (emergencies.length === 0) problems.push("dialling.ranges: no emergency number");
  for (const emergency of emergencies) {
    const hidden = ranges.find((range) => hides(range, emergency));
    if (hidden)
      problems.push(
        `dialling.ranges "${emergency.prefix}": "${hidden.prefix}" makes an emergency number wait`,
      );
  }
  return problems;
}

/** A longer number that begins like an emergency number makes its caller wait for a timer. */
function hides(range: NumberRange, emergency: NumberRange): boolean {
  if (range === emergency || range.category === "emergency") return false;
  return range.prefix.length > emergency.prefix.length && range.prefix.startsWith(emergency.prefix);
}

function lintServices({ services, dialling }: RegionProfile): string[] {
  const problems: string[] = [];
  const fixed = services.map(({ code }) => code.replace(/\{number\}#?$/, ""));
  for (const [index, code] of fixed.entries()) {
    if (fixed.indexOf(code) !== index) problems.push(`services: "${code}" stands twice`);
    const emergency = dialling.ranges.find(
      ({ category, prefix }) => category === "emergency" && prefix.startsWith(code),
    );
    if (emergency) problems.push(`services "${code}": hides the emergency number ${emergency.prefix}`);
  }
  return problems;
}

function lintWarning({ offHookWarning }: RegionProfile): string[] {
  const lasting = offHookWarning.stages.some((stage) => stage.ms === 0);
  return lasting ? ["offHookWarning.stages: a stage without length"] : [];
}

function sameSound(one: ToneDefinition, other: ToneDefinition): boolean {
  const sound = ({ steps, lead }: ToneDefinition): string =>
    JSON.stringify([steps.map((step) => [step.frequencies, step.ms]), lead ?? null]);
  return sound(one) === sound(other);
}
