/** The first wait at most 1 s, each one twice the last, never beyond a minute. */
export const reconnection = { firstMs: 1000, lastMs: 60_000 } as const;

/**
 * The wait before connecting again after `failures` (1…) failures, in milliseconds; spread over the upper half of its
 * range, so that a fleet does not return to its broker in one moment. `random` is in [0, 1).
 */
export function reconnectDelay(failures: number, random: number): number {
  const ceiling = Math.min(reconnection.firstMs * 2 ** (failures - 1), reconnection.lastMs);
  return Math.round((ceiling / 2) * (1 + random));
}
