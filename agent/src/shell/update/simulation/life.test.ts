import { describe, expect, it } from "vitest";
import { boardKinds } from "./boards.ts";
import { order } from "./box.ts";
import { live, livesOf, measure, newBox, planLife, type Cut } from "./life.ts";

describe("a life with power cuts", () => {
  it("is the same again from its seed", async () => {
    expect(await planLife(4711, "folders")).toEqual(await planLife(4711, "folders"));
    const [first, second] = [await livesOf(4711), await livesOf(4711)];
    expect(first).toEqual(second);
    expect(first.map(({ problem }) => problem)).toEqual([undefined, undefined]);
  });

  it.each(boardKinds)("begins, seed by seed, at every durable change and at bytes (%s)", async (board) => {
    const { change } = await measure("healthy", board);
    const firsts: (Cut | undefined)[] = [];
    for (let seed = 0; seed < change * 6; seed += 3) firsts.push((await planLife(seed, board)).cuts[0]);
    const changes = new Set(firsts.flatMap((cut) => (cut?.at === "change" ? [cut.count] : [])));
    expect(changes.size).toBe(change);
    expect(firsts.filter((cut) => cut?.at === "byte").length).toBeGreaterThanOrEqual(change - 1);
  });

  it.each(boardKinds)("lets little travel where the box puts the image together (%s)", async (board) => {
    const box = await newBox({
      seed: 1,
      board,
      behaviour: "healthy",
      cuts: [],
      flaky: 0,
      kept: false,
      delta: true,
    });
    while ((await box.boot()) !== "rest");
    expect(box.stored()?.state).toBe("committed");
    expect(box.reused).toBeGreaterThan(20_000);
  });

  it.each(boardKinds)("finds what an image that failed has left in its slot (%s)", async (board) => {
    const box = await newBox({
      seed: 1,
      board,
      behaviour: "deaf",
      cuts: [],
      flaky: 0,
      kept: false,
      delta: true,
    });
    while ((await box.boot()) !== "rest");
    expect(box.stored()?.state).toBe("rolled-back");
    box.behaviour = "healthy";
    box.order = { ...order, commandKey: "key-2" };
    while ((await box.boot()) !== "rest");
    expect(box.stored()?.state).toBe("committed");
    expect(box.reused).toBeGreaterThan(box.image.length - 30_000);
  });

  it.each([0, 50, 100, 150])(
    "ends well: 50 on each kind of board, cut anywhere, from seed %i",
    async (from) => {
      const taken = { change: 0, byte: 0 };
      for (let seed = from; seed < from + 50; seed += 1)
        for (const { problem, cuts, plan } of await livesOf(seed)) {
          expect(problem, JSON.stringify(plan)).toBeUndefined();
          taken.change += cuts.change;
          taken.byte += cuts.byte;
        }
      expect(taken.change).toBeGreaterThan(50);
      expect(taken.byte).toBeGreaterThan(25);
    },
  );

  it("has a problem when the box does not end as it must", async () => {
    const cuts: Cut[] = Array.from({ length: 70 }, () => ({ at: "change", count: 1 }));
    const { problem } = await live({
      seed: 1,
      board: "partitions",
      behaviour: "healthy",
      cuts,
      flaky: 0,
      kept: false,
    });
    expect(problem).toMatch(/never came to rest/);
  });
});
