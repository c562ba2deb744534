import type { ConsoleOptions, Listening } from "./state.ts";
import { oddShare, readableBytes } from "./text.ts";

/** Speeds that consoles have, likeliest first, in bits per second. */
export const usualSpeeds: readonly number[] = [
  115_200, 1_500_000, 57_600, 9_600, 38_400, 921_600, 460_800, 230_400, 19_200,
];

/**
 * Which speed to listen at next; undefined: stay. A silent board is given time to be switched on at its likeliest speed, then
 * each other one is tried once: a wrong speed can be silent both ways (a frame with a wrong stop bit is thrown away), but
 * a board that is switched on is best met at the right one. Once garbage was heard somebody speaks, and all are tried in
 * turn: what reaches the board stops most autoboots at any speed, so that its prompt waits at the right one.
 * @param heard the last bytes that came at this speed
 */
export function nextSpeed(
  { baudRate, ms, changes, garbled }: Listening,
  heard: Uint8Array,
  { baudRate: home, speeds, homeMs, lookMs }: ConsoleOptions,
): number | undefined {
  if (speeds.length === 0 || readableBytes(heard)) return undefined;
  const order = [home, ...speeds];
  const next = order[(changes + 1) % order.length];
  const atHome = baudRate === home;
  if (garbled) return atHome && changes === 0 ? next : after(lookMs);
  if (!atHome) return after(lookMs);
  if (changes > 0) return undefined;
  return after(oddShare(heard) > 0.25 ? 2 * lookMs : homeMs);

  function after(patienceMs: number): number | undefined {
    return ms >= patienceMs ? next : undefined;
  }
}
