import { describe, expect, it } from "vitest";
import type { KeyValueStore } from "../../core/ports.ts";
import { watchUse } from "./line-use.ts";

const minute = 60_000;

function box(): { start: (wall: number) => ReturnType<typeof watchUse>; wait: (ms: number) => void } {
  const kept = new Map<string, unknown>();
  const values: KeyValueStore = {
    get: (key) => kept.get(key),
    set: (key, value) => void kept.set(key, value),
    delete: (key) => void kept.delete(key),
  };
  const clock = { wall: 0, monotonic: 0 };
  return {
    start(wall) {
      clock.wall = wall;
      clock.monotonic = 1000;
      return watchUse(
        values,
        () => clock.wall,
        () => clock.monotonic,
      );
    },
    wait(ms) {
      clock.wall += ms;
      clock.monotonic += ms;
    },
  };
}
const now = Date.parse("2026-01-01T12:00:00Z");

describe("the use of the lines", () => {
  it("is followed by quiet that is counted from its end", () => {
    const { start, wait } = box();
    const use = start(now);
    expect(use.judge({ idle: true })).toEqual({ idle: true });
    use.note(true);
    wait(5000);
    const busy = { idle: false, why: "line 1 has a call", call: true } as const;
    expect(use.judge(busy)).toBe(busy);
    use.note(false);
    wait(3000);
    use.note(false);
    wait(1000);
    expect(use.judge({ idle: true })).toEqual({ idle: true, quietFor: 4 });
  });

  it("ends half an hour after an emergency call, also over a restart", () => {
    const { start, wait } = box();
    start(now).emergencyCallEnded();
    wait(10 * minute);
    const use = start(now + 10 * minute);
    expect(use.judge({ idle: true })).toMatchObject({ idle: false, call: false, callback: true });
    wait(20 * minute);
    expect(use.judge({ idle: true }).idle).toBe(true);
  });

  it("is held for the whole time by a clock that lost its time, and no longer", () => {
    const { start, wait } = box();
    start(now).emergencyCallEnded();
    const use = start(0);
    expect(use.judge({ idle: true }).idle).toBe(false);
    wait(30 * minute);
    expect(use.judge({ idle: true }).idle).toBe(true);
  });

  it("of a call that comes back is a call", () => {
    const { start } = box();
    const use = start(now);
    use.emergencyCallEnded();
    const ringing = { idle: false, why: "line 1 is making a call", call: true } as const;
    expect(use.judge(ringing)).toBe(ringing);
  });
});
