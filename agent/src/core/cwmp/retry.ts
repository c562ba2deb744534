/** Device.ManagementServer.CWMPRetryMinimumWaitInterval (seconds) and CWMPRetryIntervalMultiplier (thousandths). */
export type RetrySettings = { minimum: number; multiplier: number };

/** The longest timer the runtime accepts, in milliseconds. */
const longest = 0x7fff_ffff;

/**
 * How long to wait before the next session, in milliseconds (TR-069 §3.2.1.1): after the n-th failure between
 * m·k^(n−1) and m·k^n seconds, where k is the multiplier in units; the tenth failure's range holds from then on.
 * @param random in [0, 1): where in the range.
 */
export function retryWait(failures: number, { minimum, multiplier }: RetrySettings, random: number): number {
  const step = Math.min(Math.max(failures, 1), 10);
  const factor = multiplier / 1000;
  const low = minimum * factor ** (step - 1);
  return Math.min(Math.round((low + (low * factor - low) * random) * 1000), longest);
}

/**
 * Milliseconds until the next periodic Inform.
 * @param now and `reference` in milliseconds since the epoch; `reference` is Device.ManagementServer.PeriodicInformTime,
 * undefined when it is the Unknown Time: the phase is then chosen by `random`, so that a street whose power returns
 * does not speak at once.
 */
export function periodicWait(
  now: number,
  intervalSeconds: number,
  reference: number | undefined,
  random: number,
): number {
  const interval = intervalSeconds * 1000;
  if (reference === undefined) return Math.min(Math.max(Math.round(interval * (1 - random)), 1), longest);
  const elapsed = (((now - reference) % interval) + interval) % interval;
  return Math.min(interval - elapsed, longest);
}
