/** Names the tone an ear measured, as a technician would by listening: some need a moment before one can be sure. */
import type { RegionProfile, ToneDefinition, ToneName } from "@tonalite/device-profiles";
import type { Heard } from "../ports.ts";

type Tones = RegionProfile["tones"];

/** `tone`: a name of the region's, "unknown" for a sound it has not, null for silence. */
export type Recognition =
  | { readonly sure: true; readonly tone: ToneName | "unknown" | null }
  | { readonly sure: false };

const unsure: Recognition = { sure: false };

/**
 * Judges successive measurements of one ear, oldest first, some 50 ms apart. Call it again with one more while it is
 * unsure: at most as long as the region's longest tone period.
 */
export function recognizeTone(history: readonly Heard[], tones: Tones): Recognition {
  const last = history.at(-1);
  if (!last?.offHook) return { sure: true, tone: null };
  if (last.tone === null) return recognizeSilence(history, tones);
  const { frequencies } = last.tone;
  const definitions = Object.entries(tones) as [ToneName, ToneDefinition][];
  const candidates = definitions.filter(([, tone]) =>
    sounds(tone).some((step) => alike(step.frequencies, frequencies)),
  );
  if (candidates.length === 0) return { sure: true, tone: "unknown" };
  const sequence = recognizeSequence(history, candidates);
  if (sequence !== null) return { sure: true, tone: sequence };
  const steady = candidates.filter(([, tone]) =>
    sounds(tone).every((step) => alike(step.frequencies, frequencies)),
  );
  return last.tone.cadence.length > 0
    ? recognizeCadence(last.tone.cadence, steady)
    : recognizeContinuous(history, candidates, steady);
}

/** A tone that pauses for longer (call waiting: 10 s) is heard as silence in between. */
const longestPauseMs = 4000;

/** Sure once it lasted longer than any pause within a tone. */
function recognizeSilence(history: readonly Heard[], tones: Tones): Recognition {
  const pauses = Object.values(tones).flatMap(({ steps }) =>
    steps.filter((step) => step.frequencies.length === 0 && step.ms <= longestPauseMs).map((step) => step.ms),
  );
  const start = history.findLastIndex((heard) => heard.tone !== null) + 1;
  const lasted = (history.at(-1)?.audio.heardMs ?? 0) - (history[start]?.audio.heardMs ?? 0);
  return lasted > Math.max(0, ...pauses) ? { sure: true, tone: null } : unsure;
}

/** A change of frequency within a tone names it: 950 → 1400 Hz is not 1400 → 950 Hz. */
function recognizeSequence(
  history: readonly Heard[],
  candidates: readonly (readonly [ToneName, ToneDefinition])[],
): ToneName | null {
  const heard = history.flatMap(({ tone }) => (tone ? [tone.frequencies] : []));
  const current = heard.at(-1) ?? [];
  const before = heard.findLast((frequencies) => !alike(frequencies, current));
  if (!before) return null;
  const matching = candidates.filter(([, tone]) => {
    const steps = sounds(tone);
    return steps.some((step, index) => {
      const previous = steps.at(index - 1) ?? step;
      return alike(previous.frequencies, before) && alike(step.frequencies, current);
    });
  });
  const [only, ...others] = matching;
  return only && others.length === 0 ? only[0] : null;
}

function recognizeCadence(
  measured: readonly number[],
  steady: readonly (readonly [ToneName, ToneDefinition])[],
): Recognition {
  const match = steady.find(([, { steps, lead }]) =>
    measured.every((ms, index) => {
      const expected = steps[index % (lead?.steps ?? steps.length)]?.ms ?? 0;
      return Math.abs(ms - expected) <= Math.max(40, expected / 10);
    }),
  );
  return match ? { sure: true, tone: match[0] } : unsure;
}

/** Without a cadence yet: continuous once it sounded longer than any tone that sounds like it does in one go. */
function recognizeContinuous(
  history: readonly Heard[],
  candidates: readonly (readonly [ToneName, ToneDefinition])[],
  steady: readonly (readonly [ToneName, ToneDefinition])[],
): Recognition {
  const longest = Math.max(0, ...candidates.flatMap(([, tone]) => sounds(tone).map((step) => step.ms)));
  const last = history.at(-1);
  if (!last || soundingMs(history) <= longest + longest / 10) return unsure;
  const match = steady.find(([, { steps }]) => steps.length === 1 && steps[0]?.ms === 0);
  return { sure: true, tone: match ? match[0] : "unknown" };
}

/**
 * How much sound the ear has been hearing without a break, up to now. Only sound counts: between two late looks lies the
 * silence around a short burst, which must not make it seem continuous.
 */
function soundingMs(history: readonly Heard[]): number {
  let sounding = 0;
  for (let index = history.length - 1; index > 0; index -= 1) {
    const later = history[index]?.audio;
    const earlier = history[index - 1]?.audio;
    if (!later || !earlier) break;
    const active = later.activeMs - earlier.activeMs;
    if (active < (later.heardMs - earlier.heardMs) / 2) break;
    sounding += active;
  }
  return sounding;
}

function sounds(tone: ToneDefinition): ToneDefinition["steps"] {
  return tone.steps.filter((step) => step.frequencies.length > 0);
}

/** The same frequencies within what an ear can tell: 10 Hz or 2 %. */
function alike(expected: readonly number[], measured: readonly number[]): boolean {
  if (expected.length !== measured.length) return false;
  const sorted = expected.toSorted((a, b) => a - b);
  return measured
    .toSorted((a, b) => a - b)
    .every((hertz, index) => {
      const wanted = sorted[index] ?? 0;
      return Math.abs(hertz - wanted) <= Math.max(10, wanted * 0.02);
    });
}
