import { emptyBucket, nextGrant, spend, type Rate } from "../../core/update/index.ts";

/** How a download shares the line with what matters more. */
export interface Pace {
  /** Whether bytes may not come as they please now. */
  limited(): boolean;
  /**
   * Waits until bytes may travel.
   * @returns how many at most; undefined: as many as come
   */
  grant(): Promise<number | undefined>;
  /** These came under a grant. */
  took(bytes: number): void;
  /** Waits until nothing is limited: for servers that cannot be asked for pieces. */
  free(): Promise<void>;
}

/**
 * @param rate asked at every step: a call may begin or end
 * @param open resolves when the download may go on at all
 * @param sleep a pause that a change of the line ends
 * @param say shows why it is slow; "" when it is not
 */
export function createPace(options: {
  rate: () => { rate: Rate; why: string };
  open: () => Promise<void>;
  shut: () => boolean;
  sleep: (ms: number) => Promise<void>;
  signal: AbortSignal;
  pollMs: number;
  say: (words: string) => void;
  now?: () => number;
}): Pace {
  const { rate, open, shut, sleep, signal, pollMs, say, now = () => performance.now() } = options;
  let bucket = emptyBucket(now());
  const free = async (): Promise<void> => {
    for (let limit = rate(); limit.rate !== null; limit = rate()) {
      signal.throwIfAborted();
      say(`paused: ${limit.why}`);
      await sleep(pollMs);
    }
    await open();
  };
  return {
    limited: () => shut() || rate().rate !== null,
    free,
    async grant() {
      await open();
      for (;;) {
        signal.throwIfAborted();
        const { rate: allowed, why } = rate();
        if (allowed === null) {
          say("");
          bucket = emptyBucket(now());
          return undefined;
        }
        if (allowed === 0) {
          say(`paused: ${why}`);
          await sleep(pollMs);
          continue;
        }
        say(`slowed to ${Math.max(1, Math.round((allowed * 8) / 1000))} kbit/s: ${why}`);
        const next = nextGrant(bucket, allowed, now());
        ({ bucket } = next);
        if (next.wait === 0) return next.bytes;
        await sleep(Math.min(next.wait, pollMs));
      }
    },
    took(bytes) {
      bucket = spend(bucket, bytes);
    },
  };
}
