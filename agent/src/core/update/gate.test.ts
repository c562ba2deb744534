import { describe, expect, it } from "vitest";
import { judgeWait, pressureOf, quietTimes, type GateFacts, type IdleState } from "./gate.ts";
import type { UpdateRequest } from "./state.ts";
import type { UpdateWindow, WindowMode } from "./window.ts";

const now = "2026-01-01T12:00:00.000Z";
const hour = (hours: number): string => new Date(Date.parse(now) + hours * 3_600_000).toISOString();
const request: UpdateRequest = {
  id: "u",
  url: "http://x",
  commandKey: "",
  clause: null,
  deadline: null,
  force: false,
};
const forced = (deadline: string | null): Partial<UpdateRequest> => ({ force: true, deadline });
const call = { idle: false, why: "line 1 has a call", call: true } as const;
const hook = { idle: false, why: "line 1 is off the hook", call: false } as const;
const callback = {
  idle: false,
  why: "an emergency service may call back",
  call: false,
  callback: true,
} as const;
const quiet = (quietFor: number): IdleState => ({ idle: true, quietFor });
const judge = (change: Partial<UpdateRequest>, idle: IdleState, facts: Partial<GateFacts> = {}) =>
  judgeWait("activate", {
    idle,
    request: { ...request, ...change },
    startedAt: hour(-72),
    at: now,
    maintenance: null,
    quiet: quietTimes,
    ...facts,
  });
const window = (mode: WindowMode, opens = -1, closes = 1): UpdateWindow => ({
  opens: hour(opens),
  closes: hour(closes),
  mode,
  retries: -1,
});

describe("what holds an update", () => {
  const past = hour(-1);
  const soon = hour(1);
  const ahead = hour(500);
  it.each([
    ["nothing", {}, { idle: true }, "go"],
    ["a call, also of one that is forced", forced(null), call, "hold"],
    ["a call beyond the deadline", forced(past), call, "hold"],
    ["an emergency service's call back beyond the deadline", forced(past), callback, "hold"],
    ["a lifted handset", {}, hook, "hold"],
    ["a lifted handset before the deadline", forced(ahead), hook, "hold"],
    ["a lifted handset in the last quarter", forced(soon), hook, "hold"],
    ["not a lifted handset beyond the deadline", forced(past), hook, "go"],
    ["not a lifted handset when it is forced at once", forced(null), hook, "go"],
    ["a minute after the last use", {}, quiet(59), "hold"],
    ["not longer", {}, quiet(60), "go"],
    ["a minute, when the deadline is far", forced(ahead), quiet(59), "hold"],
    ["ten seconds, when it is near", forced(soon), quiet(9), "hold"],
    ["not a minute then", forced(soon), quiet(10), "go"],
    ["nothing after the hang-up, when it is past", forced(past), quiet(0), "go"],
    ["nothing for who stands at the box", { door: "local" } as const, quiet(0), "go"],
  ] as const)("is %s", (_what, change, idle, expected) => expect(judge(change, idle).verdict).toBe(expected));

  it("is told, and the subscriber is reminded when it presses", () => {
    expect(judge(forced(ahead), hook)).toEqual({ verdict: "hold", why: hook.why, remind: false });
    expect(judge(forced(soon), hook)).toEqual({ verdict: "hold", why: hook.why, remind: true });
    expect(judge(forced(past), call)).toEqual({ verdict: "hold", why: call.why, remind: true });
  });

  it("is never a deadline that an unset clock lets pass", () => {
    const at = "1970-01-01T00:05:00Z";
    expect(judge(forced("1960-01-01T00:00:00Z"), hook, { at }).verdict).toBe("hold");
    expect(pressureOf({ request: { ...request, ...forced(soon) }, startedAt: at, at: now })).toBe("patient");
  });

  it("does not hold a box whose next slot is chosen, but for its line", () => {
    const facts = { startedAt: hour(-1), at: now, quiet: quietTimes, maintenance: null };
    const windows = [window("when-idle", -3, -2)];
    const restart = (idle: IdleState) =>
      judgeWait("restart", { ...facts, idle, request: { ...request, windows } });
    expect(restart(quiet(0)).verdict).toBe("go");
    expect(restart(call).verdict).toBe("hold");
    expect(restart(hook).verdict).toBe("hold");
  });
});

describe("the maintenance hours of the terms", () => {
  const closed = { clause: "13.1(5)", open: false, opens: "2026-01-01T19:00:00.000Z" } as const;
  const idle = { idle: true } as const;
  it.each([
    ["hold a restart", {}, { maintenance: closed }, "hold"],
    ["once they are on, do not", {}, { maintenance: { clause: "13.1(5)", open: true } }, "go"],
    ["do not hold what is urgent", { urgent: true }, { maintenance: closed }, "go"],
    ["do not hold what is forced and late", forced(hour(-1)), { maintenance: closed }, "go"],
    ["hold what is forced and has time", forced(hour(500)), { maintenance: closed }, "hold"],
    ["are not known without a clock", {}, { maintenance: closed, at: "1970-01-01T00:00:00Z" }, "hold"],
  ] as const)("%s", (_what, change, facts, expected) =>
    expect(judge(change, idle, facts).verdict).toBe(expected),
  );

  it("are named with their clause, and let the image be fetched before", () => {
    expect(judge({}, idle, { maintenance: closed })).toMatchObject({
      why: "the terms (13.1(5)) allow it from 2026-01-01T19:00Z",
    });
    const facts = { idle, request, startedAt: now, at: now, quiet: quietTimes, maintenance: closed };
    expect(judgeWait("fetch", facts).verdict).toBe("go");
  });
});

describe("the windows of a ScheduleDownload", () => {
  it.each([
    ["1 At Any Time", window("any-time"), quiet(0), "go"],
    ["1 At Any Time, off-hook", window("any-time"), hook, "go"],
    ["1 At Any Time, in a call", window("any-time"), call, "hold"],
    ["2 Immediately, off-hook", window("at-once"), hook, "go"],
    ["2 Immediately, in a call", window("at-once"), call, "hold"],
    ["3 When Idle", window("when-idle"), { idle: true }, "go"],
    ["3 When Idle, off-hook", window("when-idle"), hook, "hold"],
    ["3 When Idle, just used", window("when-idle"), quiet(3), "hold"],
    ["3 When Idle, called back", window("when-idle"), callback, "hold"],
    ["4 Confirmation Needed", window("confirmation"), { idle: true }, "hold"],
    ["one that is ahead", window("any-time", 1, 2), { idle: true }, "hold"],
    ["one that is over", window("any-time", -2, -1), { idle: true }, "missed"],
  ] as const)("%s", (_what, one, idle, expected) =>
    expect(judge({ windows: [one] }, idle).verdict).toBe(expected),
  );

  it("keep to When Idle whatever presses otherwise", () =>
    expect(judge({ windows: [window("when-idle")], ...forced(hour(-1)) }, hook).verdict).toBe("hold"));

  it("are used one after the other", () => {
    const windows = [window("any-time", -2, -1), window("any-time", 1, 2)];
    expect(judge({ windows }, { idle: true })).toMatchObject({
      verdict: "hold",
      why: `its time window opens at 2026-01-01T13:00Z`,
    });
    expect(judge({ windows }, { idle: true }, { at: hour(1.5) }).verdict).toBe("go");
    expect(judge({ windows }, { idle: true }, { at: hour(2) }).verdict).toBe("missed");
  });

  it("ask the subscriber, who may agree", () => {
    const asking = { ...window("confirmation"), message: "New firmware" };
    const windows = [asking];
    expect(judge({ windows }, { idle: true })).toMatchObject({
      why: "the subscriber is asked to confirm it: New firmware",
      remind: true,
    });
    expect(judge({ windows, confirmed: true }, { idle: true }).verdict).toBe("go");
    expect(judge({ windows, confirmed: true }, hook).verdict).toBe("hold");
  });

  it("that were reckoned without a clock do not close when it is set", () => {
    const windows = [
      { ...window("when-idle"), opens: "1970-01-01T00:01:00Z", closes: "1970-01-01T01:00:00Z" },
    ];
    expect(judge({ windows }, { idle: true }).verdict).toBe("go");
    expect(judge({ windows }, { idle: true }, { at: "1970-01-01T02:00:00Z" }).verdict).toBe("missed");
  });
});
