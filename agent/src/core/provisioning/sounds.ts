import type { RegionProfile, ToneDefinition } from "@tonalite/device-profiles";
import type { CallerDisplay } from "../calls/caller-display.ts";
import type { Ring, Tone } from "../ports.ts";

/** A profile's tone as the engine plays it (tenths of dBm0). */
export function toneOf(definition: ToneDefinition): Tone {
  return {
    repeat: definition.repeat,
    segments: definition.steps.map(({ frequencies, level, ms }) => ({
      frequencies,
      levels: frequencies.map(() => Math.round(level * 10)),
      durationMs: ms,
    })),
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
