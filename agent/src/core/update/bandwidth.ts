/** How fast bytes may travel, bytes a second. null: as fast as they come; 0: not at all. */
export type Rate = number | null;

/**
 * A token bucket that holds one grant: `level` bytes may travel, as of `at` (monotonic milliseconds). It may go below
 * zero: what came unasked is waited for later.
 */
export type Bucket = { level: number; at: number };

// One grant comes as one burst, whatever the rate: 4 KiB hold up a voice packet for 64 ms on the slowest access that
// the terms know (IPPI, preliminary: 512 kbit/s), which a jitter buffer takes. A fast line takes 20 ms of its rate.
const longestBurst = (rate: number): number => Math.max(4096, Math.ceil(rate / 50));

/** An empty bucket: a call that has just begun is not greeted with a burst. */
export function emptyBucket(at: number): Bucket {
  return { level: 0, at };
}

/**
 * The next grant: at most a burst.
 * @returns `wait` milliseconds until it may be used
 */
export function nextGrant(
  { level, at }: Bucket,
  rate: number,
  now: number,
): { bytes: number; wait: number; bucket: Bucket } {
  const bytes = Math.max(1, Math.min(longestBurst(rate), Math.ceil(rate)));
  const filled = Math.min(bytes, level + (Math.max(0, now - at) * rate) / 1000);
  const wait = filled >= bytes ? 0 : Math.ceil(((bytes - filled) * 1000) / rate);
  return { bytes, wait, bucket: { level: filled, at: now } };
}

/** What the bucket holds when bytes have come. */
export function spend(bucket: Bucket, bytes: number): Bucket {
  return { ...bucket, level: bucket.level - bytes };
}
