import { describe, expect, it } from "vitest";
import { emptyBucket, nextGrant, spend } from "./bandwidth.ts";

/** Bytes granted in a time, by a reader that takes what it gets at once. */
function granted(rate: number, ms: number, overhead = 0): number {
  let bucket = emptyBucket(0);
  let now = 0;
  let total = 0;
  for (;;) {
    const grant = nextGrant(bucket, rate, now);
    now += grant.wait;
    if (now > ms) return total;
    bucket = spend(nextGrant(grant.bucket, rate, now).bucket, grant.bytes + overhead);
    total += grant.bytes;
  }
}

describe("the bandwidth of a download under a call", () => {
  it.each([1, 100, 4096, 16_000, 64_000, 1_000_000])("is %d bytes a second in the long run", (rate) => {
    const total = granted(rate, 100_000);
    expect(total).toBeLessThanOrEqual(rate * 100);
    expect(total).toBeGreaterThanOrEqual(rate * 93);
  });

  it("counts what came beyond the grant", () => {
    const total = granted(16_000, 100_000, 600);
    expect(total).toBeLessThan(16_000 * 100 * 0.9);
  });

  it("begins with silence, comes in small bursts, and does not save up", () => {
    const first = nextGrant(emptyBucket(0), 16_000, 0);
    expect(first).toMatchObject({ bytes: 4096, wait: 256 });
    expect(nextGrant(emptyBucket(0), 16_000, 3_600_000)).toMatchObject({ bytes: 4096, wait: 0 });
    expect(nextGrant(emptyBucket(0), 16_000, 3_600_000).bucket.level).toBe(4096);
  });

  it("is not confused by a clock that stands or goes back", () => {
    expect(nextGrant(emptyBucket(1000), 4096, 500)).toMatchObject({ wait: 1000 });
  });
});
