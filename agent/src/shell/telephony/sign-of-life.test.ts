import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Tone } from "../../core/ports.ts";
import { giveSignsOfLife } from "./sign-of-life.ts";

describe("the agent's signs of life", () => {
  const tone: Tone = {
    segments: [{ frequencies: [440], levels: [-100], durationMs: 0 }],
    repeat: 0,
    lead: { segments: 0, plays: 0 },
  };
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("come well before the engine's patience ends, and stop when the agent does", () => {
    const watch = vi.fn<(seconds: number, tone: Tone | null) => void>();
    const stop = giveSignsOfLife({ watch }, () => tone);
    expect(watch).toHaveBeenCalledExactlyOnceWith(10, tone);
    vi.advanceTimersByTime(9000);
    expect(watch).toHaveBeenCalledTimes(5);
    stop();
    expect(watch).toHaveBeenLastCalledWith(0, null);
    vi.advanceTimersByTime(60_000);
    expect(watch).toHaveBeenCalledTimes(6);
  });
});
