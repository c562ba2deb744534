import { describe, expect, it } from "vitest";
import type { BootEnvironment } from "../firmware/index.ts";
import { barSlot, goBackTo, keepSlot, settleBoot, trySlot } from "./boot-loader.ts";
import { beginTrial, confirmTrial, factoryBootState, giveUpTrial } from "./boot-state.ts";

const factory = factoryBootState(4);
const trial = beginTrial(factory, "u1");
const sector = (first: "A" | "B", A: number, B: number): BootEnvironment => ({ first, left: { A, B } });

describe("the boot loader's sector", () => {
  it("bars a slot, tries it, keeps it, leaves it", () => {
    const barred = barSlot(sector("A", 2, 3), "b");
    expect(barred).toEqual(sector("A", 2, 0));
    const tried = trySlot(barred, "b");
    expect(tried).toEqual(sector("B", 3, 3));
    expect(keepSlot(sector("B", 3, 1), "b")).toEqual(sector("B", 3, 3));
    expect(goBackTo(sector("B", 1, 2), "a")).toEqual(sector("A", 3, 0));
  });
});

describe("what record and sector say together", () => {
  it("is nothing new at an ordinary start", () => {
    const environment = sector("A", 2, 0);
    expect(settleBoot(factory, environment, "a", undefined)).toEqual({
      record: factory,
      environment,
      surprise: undefined,
    });
  });

  it("is nothing new for an image on trial, nor before its first start", () => {
    for (const [running, environment] of [
      ["b", sector("B", 3, 2)],
      ["a", sector("B", 3, 3)],
    ] as const)
      expect(settleBoot(trial, environment, running, undefined)).toEqual({
        record: trial,
        environment,
        surprise: undefined,
      });
  });

  it("is a failed trial when the boot loader used its starts up", () => {
    const end = settleBoot(trial, sector("B", 2, 0), "a", undefined);
    expect(end.environment).toEqual(sector("A", 3, 0));
    expect(end.record).toMatchObject({
      active: "a",
      trial: null,
      failed: { slot: "b", update: "u1", reason: "it did not confirm itself in 3 starts" },
    });
    const told = settleBoot(trial, sector("B", 2, 0), "a", "the agent ended with code 3");
    expect(told.record.failed?.reason).toBe("the agent ended with code 3");
  });

  it("is no trial when the power went before the boot loader was told, or it lost its state", () => {
    for (const environment of [sector("A", 2, 0), sector("A", 2, 3)]) {
      const { record } = settleBoot(trial, environment, "a", undefined);
      expect(record).toMatchObject({ active: "a", trial: null, failed: null });
    }
    const { record, environment } = settleBoot(trial, undefined, "a", undefined);
    expect(record.trial).toBeNull();
    expect(environment).toEqual(sector("A", 3, 0));
  });

  it("is a way back that was not finished when an image that was given up runs again", () => {
    const given = giveUpTrial(trial, "line 1 is not registered again");
    const end = settleBoot(given, sector("B", 3, 1), "b", undefined);
    expect(end).toEqual({ record: given, environment: sector("A", 3, 0), surprise: undefined });
  });

  it("is the other slot's when the committed image does not start any more", () => {
    const committed = confirmTrial(trial, 5);
    const end = settleBoot(committed, sector("B", 2, 0), "a", undefined);
    expect(end.record).toMatchObject({ active: "a", trial: null, failed: { slot: "b" }, securityFloor: 5 });
    expect(end.environment).toEqual(sector("A", 3, 0));
    expect(end.surprise).toMatch(/slot b does not start any more/);
    // The last resort: an image that was given up once, when nothing else starts.
    const last = settleBoot(giveUpTrial(trial, "bad"), sector("A", 0, 2), "b", undefined);
    expect(last.record.active).toBe("b");
    expect(last.environment).toEqual(sector("B", 0, 3));
  });

  it("is the running slot's when the record is lost", () => {
    const end = settleBoot(undefined, sector("B", 3, 2), "b", undefined);
    expect(end.record).toMatchObject({ active: "b", trial: null, securityFloor: 0 });
    expect(end.surprise).toMatch(/boot record/);
  });
});
