import { describe, expect, it } from "vitest";
import { periodicWait, retryWait } from "./retry.ts";

describe("the wait after a failed session (TR-069 3.2.1.1)", () => {
  // The table of the standard for its default settings: 5 seconds, multiplier 2.
  it.each([
    [1, 5, 10],
    [2, 10, 20],
    [3, 20, 40],
    [4, 40, 80],
    [5, 80, 160],
    [6, 160, 320],
    [7, 320, 640],
    [8, 640, 1280],
    [9, 1280, 2560],
    [10, 2560, 5120],
    [11, 2560, 5120],
    [1000, 2560, 5120],
  ])("number %i is from %i to %i seconds", (failures, low, high) => {
    const settings = { minimum: 5, multiplier: 2000 };
    expect(retryWait(failures, settings, 0)).toBe(low * 1000);
    expect(retryWait(failures, settings, 0.5)).toBe((low + high) * 500);
    expect(retryWait(failures, settings, 1)).toBe(high * 1000);
  });

  it("never exceeds what a timer can hold", () => {
    expect(retryWait(10, { minimum: 65535, multiplier: 65535 }, 1)).toBe(2 ** 31 - 1);
  });
});

describe("the wait until the next periodic Inform", () => {
  it.each([
    [0, 60, 0, 60_000],
    [1, 60, 0, 59_999],
    [90_000, 60, 30_000, 60_000],
    [30_000, 60, 90_000, 60_000],
    [30_001, 60, 90_000, 59_999],
    [29_999, 60, 90_000, 1],
  ])("at %i, every %i s through %i, is %i ms", (now, interval, reference, wait) => {
    expect(periodicWait(now, interval, reference, 0)).toBe(wait);
  });

  it("starts anywhere in the interval when no reference is set", () => {
    expect(periodicWait(123, 60, undefined, 0)).toBe(60_000);
    expect(periodicWait(123, 60, undefined, 0.75)).toBe(15_000);
    expect(periodicWait(123, 60, undefined, 0.999_999_99)).toBe(1);
  });
});
