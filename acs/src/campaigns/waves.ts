/** What is known of a campaign when one asks how it goes on. Counts are of devices of the present wave. */
export type WaveFacts = {
  wave: number;
  waves: number;
  devices: number;
  /** not ordered yet and not passed over */
  left: number;
  /** ordered, not over */
  open: number;
  committed: number;
  /** rolled back, rejected or failed */
  failed: number;
  abortPercent: number;
  /** when the wave's last update ended; null: none has */
  lastEndedAt: Date | null;
  pauseHours: number;
  now: Date;
};

export type WaveVerdict =
  | { go: "order" }
  | { go: "wait" }
  | { go: "next-wave" }
  | { go: "finish" }
  | { go: "abort"; reason: string };

const hourMs = 3_600_000;

/**
 * How a campaign goes on: it stops as soon as too many of a wave failed, whatever is still under way, and a wave begins
 * only when the one before is over and has been looked at for a while.
 */
export function judgeWave(facts: WaveFacts): WaveVerdict {
  const { wave, waves, devices, left, open, failed, abortPercent, lastEndedAt, pauseHours, now } = facts;
  if (failed > 0 && failed * 100 > abortPercent * devices)
    return {
      go: "abort",
      reason: `${failed} of ${devices} devices of wave ${wave} did not take the image; ${abortPercent} % may`,
    };
  if (left > 0) return { go: "order" };
  if (open > 0) return { go: "wait" };
  if (wave >= waves) return { go: "finish" };
  const rested = lastEndedAt === null || now.getTime() >= lastEndedAt.getTime() + pauseHours * hourMs;
  return { go: rested ? "next-wave" : "wait" };
}

/**
 * The wave of each of so many devices, in their order.
 * @param shares cumulative, in percent, ascending; the last is 100
 */
export function wavesOf(devices: number, shares: readonly number[]): number[] {
  // A wave of a large fleet has one device at least: a share of 1 % of 20 boxes still is a first try.
  const ends = shares.map((share, index) => Math.max(index + 1, Math.ceil((devices * share) / 100)));
  return Array.from({ length: devices }, (_, index) => 1 + ends.findIndex((end) => index < end));
}
