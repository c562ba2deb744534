import { describe, expect, it } from "vitest";
import { judgeWave, wavesOf, type WaveFacts } from "./waves.ts";

const now = new Date("2026-01-02T00:00:00Z");
const facts = (change: Partial<WaveFacts>): WaveFacts => ({
  wave: 1,
  waves: 3,
  devices: 20,
  left: 0,
  open: 0,
  committed: 20,
  failed: 0,
  abortPercent: 5,
  lastEndedAt: new Date("2026-01-01T12:00:00Z"),
  pauseHours: 12,
  now,
  ...change,
});

describe("a campaign's wave", () => {
  it.each([
    ["orders while devices are left", { left: 3, open: 5 }, "order"],
    ["waits for what is under way", { open: 1 }, "wait"],
    ["is followed by the next after a pause", {}, "next-wave"],
    ["is not followed sooner", { pauseHours: 12.1 }, "wait"],
    ["in which nothing had to be done is followed at once", { lastEndedAt: null }, "next-wave"],
    ["is the last one", { wave: 3 }, "finish"],
    ["bears what it may", { failed: 1 }, "next-wave"],
    ["bears no more, even under way", { failed: 2, left: 10, open: 5 }, "abort"],
    ["of one device bears nothing", { devices: 1, failed: 1 }, "abort"],
    ["bears no failure at all where that is said", { abortPercent: 0, failed: 1 }, "abort"],
  ])("%s", (_what, change, go) => expect(judgeWave(facts(change)).go).toBe(go));

  it("says why it is stopped", () =>
    expect(judgeWave(facts({ failed: 2 }))).toMatchObject({
      reason: "2 of 20 devices of wave 1 did not take the image; 5 % may",
    }));
});

describe("the waves of a fleet", () => {
  it.each([
    [200, [1, 10, 100], [2, 18, 180]],
    [20, [1, 10, 100], [1, 1, 18]],
    [1, [1, 10, 100], [1, 0, 0]],
    [3, [100], [3]],
    [0, [100], [0]],
  ])("of %d devices by %j are of %j devices", (devices, shares, sizes) => {
    const waves = wavesOf(devices, shares);
    expect(shares.map((_, index) => waves.filter((wave) => wave === index + 1).length)).toEqual(sizes);
  });
});
