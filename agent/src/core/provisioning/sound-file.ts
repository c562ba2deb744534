import { lintRegion, regionProfile, toneDefinition, toneName } from "@tonalite/device-profiles";
import type { RegionProfile } from "@tonalite/device-profiles";
import * as z from "zod";

/** What a file of sounds may change: TR-069 A.3.2.8 file types 4 (tones) and 5 (ringer). */
export type SoundKind = "tones" | "ringing";

/** What management put in place of a region's own sounds; it holds in that region only. */
const soundsSchema = z.strictObject({
  region: regionProfile.shape.id,
  tones: z.partialRecord(toneName, toneDefinition).optional(),
  ringing: regionProfile.shape.ringing.nullable().optional(),
});
export type Sounds = z.infer<typeof soundsSchema>;

/** Bytes of the longest file; every tone of a region at its fullest is some 20 000. */
export const longestSoundFile = 64 * 1024;

/** dBm0: softer is not heard, and the off-hook warning's first stage takes up to 30 dB more away. */
const softestLevel = -40;
/** Milliseconds of ringing that every bell makes heard, and of silence after which a caller would be given up. */
const shortestRing = 200;
const longestSilence = 10_000;
const shortestPhase = 20;

/** The region as the subscriber hears it. */
export function withSounds(region: RegionProfile, sounds: Sounds | undefined): RegionProfile {
  if (sounds === undefined || sounds.region !== region.id) return region;
  return {
    ...region,
    // A partial record's absent tones are undefined for the compiler, and absent for the spread.
    tones: { ...region.tones, ...(sounds.tones as Partial<RegionProfile["tones"]>) },
    ringing: sounds.ringing ?? region.ringing,
  };
}

/**
 * Reads a file of sounds (docs/sound-files.md) on top of what was taken before.
 * @param region the profile in force, without any file's sounds
 * @returns what holds from now on, or why the file is refused as a whole
 */
export function readSoundFile(
  kind: SoundKind,
  text: string,
  region: RegionProfile,
  before: Sounds | undefined,
): { sounds: Sounds } | { problem: string } {
  const parsed = soundsSchema.safeParse(jsonOf(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { problem: `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "not JSON"}` };
  }
  const other = kind === "tones" ? "ringing" : "tones";
  const file = parsed.data;
  if (file[other] !== undefined) return { problem: `${other}: belongs to another type of file` };
  if (file[kind] === undefined) return { problem: `${kind}: is missing` };
  if (file.region !== region.id) return { problem: `region: the box is in "${region.id}"` };
  const kept = before?.region === region.id ? before : { region: region.id };
  const sounds: Sounds = { ...kept, [kind]: file[kind] };
  const problem = problemOf(sounds, region);
  return problem === undefined ? { sounds } : { problem };
}

/** What the store kept, unless this firmware's region or rules no longer have it. */
export function restoreSounds(
  kept: unknown,
  regions: ReadonlyMap<string, RegionProfile>,
): { sounds: Sounds } | { problem: string } {
  const { data: sounds } = soundsSchema.safeParse(kept);
  const region = regions.get(sounds?.region ?? "");
  if (sounds === undefined || region === undefined) return { problem: "their form or region is not known" };
  const problem = problemOf(sounds, region);
  return problem === undefined ? { sounds } : { problem };
}

/** Why a subscriber would not hear, or would misunderstand, these sounds. */
function problemOf({ ringing, tones, ...rest }: Sounds, region: RegionProfile): string | undefined {
  for (const [name, tone] of Object.entries(tones ?? {}))
    if (tone.steps.some(({ frequencies, level }) => frequencies.length > 0 && level < softestLevel))
      return `tones.${name}: is softer than ${softestLevel} dBm0`;
  for (const cadence of ringing
    ? [ringing.cadence, ...ringing.distinctive.map((ring) => ring.cadence)]
    : []) {
    const rings = cadence.filter((_, index) => index % 2 === 0);
    if (Math.min(...cadence) < shortestPhase || Math.max(...rings) < shortestRing)
      return `ringing: a cadence rings for less than ${shortestRing} ms, or has a part below ${shortestPhase} ms`;
    if (cadence.some((ms, index) => index % 2 === 1 && ms > longestSilence))
      return `ringing: a cadence is silent for more than ${longestSilence} ms`;
  }
  return lintRegion(withSounds(region, { ...rest, tones, ringing }))[0];
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
