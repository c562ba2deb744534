import type { RegionProfile, ToneDefinition } from "@tonalite/device-profiles";
import type { CallerDisplay } from "../calls/caller-display.ts";
import type { CallerId, Lamp, Ring, Tone } from "../ports.ts";

const longestAfterAlertMs = 300;

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
 * @param alert how the network wants it to ring (the Alert-Info header, `<http://127.0.0.1/Bellcore-dr2>`); a ring the
 *   region does not know is rung as ever.
 * @param identify false where the subscriber has no caller display (TR-104 FXS ClipGeneration).
 */
export function ringOf(
  region: RegionProfile,
  caller: CallerDisplay,
  dateTime: string,
  identify: boolean,
  alert = "",
): Ring {
  const wanted = alert.toLowerCase();
  const { frequency, cadence, distinctive } = region.ringing;
  const named = distinctive.find((ring) => wanted.includes(ring.alert.toLowerCase()));
  return {
    frequency,
    phasesMs: named?.cadence ?? cadence,
    callerId: callerIdOf(region, caller, dateTime, identify),
  };
}

/** How the region's telephones are told who calls; parameters as for `ringOf`. */
export function callerIdOf(
  { callerId }: RegionProfile,
  { number, name, absence }: CallerDisplay,
  dateTime: string,
  identify: boolean,
): CallerId {
  const { timing, alert, delayMs } = callerId;
  const standard = identify ? callerId.standard : "none";
  return { standard, timing, alert, delayMs, number, name, dateTime, absence };
}

/** The lamp of waiting messages, null where the region's telephones have none. */
export function lampOf({ messageWaiting, callerId }: RegionProfile, lit: boolean): Lamp | null {
  const { standard, delayMs } = callerId;
  if (!messageWaiting.lamp || (standard !== "etsi-fsk" && standard !== "bellcore-fsk")) return null;
  const { alert } = messageWaiting;
  // After an alert of its own the data follows sooner than after a ring (EN 300 659-1 §6.2: 45 … 500 ms).
  return { lit, standard, alert, delayMs: Math.min(delayMs, longestAfterAlertMs) };
}
