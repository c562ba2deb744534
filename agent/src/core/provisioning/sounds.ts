import type { RegionProfile, ToneDefinition } from "@tonalite/device-profiles";
import type { CallerDisplay } from "../calls/caller-display.ts";
import type { Ring, Tone } from "../ports.ts";

/**
 * A profile's tone as the engine plays it (tenths of dBm0).
 * @param gain dB on top of the profile's levels, at most 0: the early stages of the off-hook warning.
 */
export function toneOf({ steps, repeat, lead }: ToneDefinition, gain = 0): Tone {
  return {
    repeat,
    segments: steps.map(({ frequencies, level, ms }) => ({
      frequencies,
      levels: frequencies.map(() => Math.round((level + gain) * 10)),
      durationMs: ms,
    })),
    lead: lead ? { segments: lead.steps, plays: lead.plays } : null,
  };
}

/**
 * The region's ring, with the caller's identification.
 * @param dateTime MMDDhhmm local time, "" = not sent.
 * @param identify false where the subscriber has no caller display (TR-104 FXS ClipGeneration).
 */
export function ringOf(
  region: RegionProfile,
  caller: CallerDisplay,
  dateTime: string,
  identify: boolean,
): Ring {
  return {
    frequency: region.ringing.frequency,
    phasesMs: region.ringing.cadence,
    callerId: {
      standard: identify ? region.callerId.standard : "none",
      delayMs: region.callerId.delayMs,
      number: caller.number,
      name: caller.name,
      dateTime,
      absence: caller.absence,
    },
  };
}
