import { describe, expect, it } from "vitest";
import type { IdleState } from "../update/index.ts";
import { stepRestart, type RestartState } from "./restart.ts";

const running: RestartState = { state: "running" };
const call: IdleState = { idle: false, why: "line 1 has a call", call: true };
const callback: IdleState = { idle: false, why: "112 may call back", call: false, callback: true };
const hook: IdleState = { idle: false, why: "line 1 is off the hook", call: false };
const idle: IdleState = { idle: true };

describe("a restart", () => {
  it.each([
    [idle, "restarting"],
    [hook, "restarting"],
    [call, "waiting"],
    [callback, "waiting"],
  ] as const)("asked for with %j is %s", (use, expected) =>
    expect(stepRestart(running, { on: "asked", why: "Reboot", use }).state.state).toBe(expected),
  );

  it("waits through a call and what follows it, for the reason it was first asked for, and says so once", () => {
    let step = stepRestart(running, { on: "asked", why: "Reboot", use: call });
    const words: string[] = [];
    const line = (use: IdleState): void => {
      for (const effect of step.effects) if (effect.do === "log") words.push(effect.words);
      step = stepRestart(step.state, { on: "line", use });
    };
    line(call);
    line(callback);
    line(callback);
    step = stepRestart(step.state, { on: "asked", why: "FactoryReset", use: callback });
    line(idle);
    expect(step).toEqual({
      state: { state: "restarting", why: "Reboot" },
      effects: [{ do: "restart", why: "Reboot" }],
    });
    expect(words).toEqual([
      "restart (Reboot) waits: line 1 has a call",
      "restart (Reboot) waits: 112 may call back",
    ]);
  });

  it("happens once, and not because a line changed", () => {
    expect(stepRestart(running, { on: "line", use: idle })).toEqual({ state: running, effects: [] });
    const done: RestartState = { state: "restarting", why: "Reboot" };
    expect(stepRestart(done, { on: "asked", why: "again", use: idle }).effects).toEqual([]);
  });
});
