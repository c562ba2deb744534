import { describe, expect, it } from "vitest";
import {
  beginTrial,
  confirmTrial,
  factoryBootState,
  giveUpTrial,
  noteTrialFailure,
  planBoot,
  renewTrial,
} from "./boot-state.ts";
import { judgeHealth, type HealthLook } from "./health.ts";

describe("the health of an image on trial", () => {
  const look = (change: Partial<HealthLook>): HealthLook => ({
    lines: [{ line: 1, status: "registered" }],
    network: "reachable",
    reachableFor: 20,
    runningFor: 20,
    ...change,
  });
  const down = [{ line: 1, status: "down", words: "no answer" } as const];
  it.each([
    [look({}), "healthy"],
    [look({ runningFor: 1 }), "wait"],
    [look({ lines: [] }), "healthy"],
    [look({ lines: [{ line: 1, status: "disabled" }] }), "healthy"],
    [look({ lines: down }), "wait"],
    [look({ lines: down, reachableFor: 90 }), "unhealthy"],
    [look({ lines: down, network: "unreachable", reachableFor: 90, runningFor: 5000 }), "wait"],
    [look({ lines: down, network: "unreachable", runningFor: 24 * 3600 }), "unhealthy"],
    [look({ lines: [{ line: 2, status: "registered" }, ...down], reachableFor: 91 }), "unhealthy"],
  ])("%j: %s", (seen, expected) => expect(judgeHealth(seen).verdict).toBe(expected));
});

describe("the boot record", () => {
  const factory = factoryBootState();
  it("starts the committed slot, and a trial three times at most", () => {
    expect(planBoot(factory)).toEqual({ slot: "a", trial: false, next: factory });
    let state = beginTrial(factory, "u1");
    for (let start = 0; start < 3; start += 1) {
      const plan = planBoot(state);
      expect([plan.slot, plan.trial]).toEqual(["b", true]);
      state = plan.next;
    }
    const plan = planBoot(noteTrialFailure(state, "it ended with code 1"));
    expect(plan).toMatchObject({ slot: "a", trial: false });
    expect(plan.next).toMatchObject({
      trial: null,
      failed: { slot: "b", update: "u1", reason: "it ended with code 1" },
    });
    expect(planBoot(plan.next)).toMatchObject({ slot: "a", trial: false });
  });

  it("gives a waiting trial its starts back", () =>
    expect(renewTrial(planBoot(beginTrial(factory, "u1")).next).trial?.startsLeft).toBe(3));

  it("commits once, and never lowers the floor", () => {
    const committed = confirmTrial(beginTrial({ ...factory, securityFloor: 3 }, "u1"), 2);
    expect(committed).toMatchObject({ active: "b", trial: null, securityFloor: 3 });
    expect(confirmTrial(committed, 9)).toBe(committed);
    expect(giveUpTrial(committed, "late")).toBe(committed);
  });
});
