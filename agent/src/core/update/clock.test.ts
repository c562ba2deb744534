import { describe, expect, it } from "vitest";
import { isClockSet, reportedTime } from "./clock.ts";

describe("a box's clock", () => {
  it.each([
    ["1970-01-01T00:05:00.000Z", false],
    ["2023-12-31T23:59:59.999Z", false],
    ["2024-01-01T00:00:00.000Z", true],
    ["2026-11-22T00:00:00.000Z", true],
  ])("that shows %s is believed: %s", (at, believed) => {
    expect(isClockSet(new Date(at))).toBe(believed);
    expect(reportedTime(at)).toBe(believed ? at : "0001-01-01T00:00:00Z");
  });

  it("that shows no time at all is not", () => {
    expect(isClockSet(new Date("x"))).toBe(false);
  });
});
