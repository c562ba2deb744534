import { describe, expect, it } from "vitest";
import { lifeOf, live, measure, planLife, type Cut } from "./life.ts";

describe("a life with power cuts", () => {
  it("is the same again from its seed", async () => {
    expect(await planLife(4711)).toEqual(await planLife(4711));
    const [first, second] = [await lifeOf(4711), await lifeOf(4711)];
    expect(first).toEqual(second);
    expect(first.problem).toBeUndefined();
  });

  it("begins, seed by seed, at every durable change of each kind of update, and at bytes", async () => {
    const { change } = await measure("healthy");
    const firsts: (Cut | undefined)[] = [];
    for (let seed = 0; seed < change * 6; seed += 3) firsts.push((await planLife(seed)).cuts[0]);
    const changes = new Set(firsts.flatMap((cut) => (cut?.at === "change" ? [cut.count] : [])));
    expect(changes.size).toBe(change);
    expect(firsts.filter((cut) => cut?.at === "byte").length).toBeGreaterThanOrEqual(change - 1);
  });

  it("ends well: 400 of them, cut anywhere", async () => {
    const taken = { change: 0, byte: 0 };
    for (let seed = 0; seed < 400; seed += 1) {
      const { problem, cuts, plan } = await lifeOf(seed);
      expect(problem, JSON.stringify(plan)).toBeUndefined();
      taken.change += cuts.change;
      taken.byte += cuts.byte;
    }
    expect(taken.change).toBeGreaterThan(200);
    expect(taken.byte).toBeGreaterThan(100);
  });

  it("has a problem when the box does not end as it must", async () => {
    const cuts: Cut[] = Array.from({ length: 70 }, () => ({ at: "change", count: 1 }));
    const { problem } = await live({ seed: 1, behaviour: "healthy", cuts, flaky: 0, kept: false });
    expect(problem).toMatch(/never came to rest/);
  });
});
