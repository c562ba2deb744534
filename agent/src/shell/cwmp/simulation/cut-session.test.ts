import { beforeAll, describe, expect, it } from "vitest";
import type { Cut } from "./cut-relay.ts";
import { type CutLife, judgeCut, liveThroughCut } from "./cut-session.ts";

/** Bytes between two cuts away from the ends of messages; `npm run faults -- cwmp` cuts at every byte. */
const stride = 61;

describe("a session that is cut", () => {
  let whole: CutLife;
  beforeAll(async () => {
    whole = await liveThroughCut();
  });

  it("tells everything once when nothing is cut", () => {
    expect(whole).toMatchObject({
      informs: [["0 BOOTSTRAP", "1 BOOT", "7 TRANSFER COMPLETE", "M Download"]],
      reports: 1,
      retries: [0],
    });
    expect(whole.stored).toMatchObject([{ kind: "acs" }]);
  });

  it.each(["up", "down"] as const)(
    "loses and doubles nothing, wherever it is cut on the way %s",
    async (direction) => {
      const { marks, length } = whole;
      const edges = Object.values(marks).flatMap((mark) => [mark - 1, mark, mark + 1]);
      const regular = Array.from(
        { length: Math.ceil(length[direction] / stride) },
        (_, index) => 1 + index * stride,
      );
      const bytes = [...new Set([...edges, ...regular])].filter(
        (byte) => byte > 0 && byte < length[direction],
      );
      const wrong: string[] = [];
      let retried = 0;
      for (const byte of bytes) {
        const cut: Cut = { direction, byte };
        const life = await liveThroughCut(cut);
        if (life.retries.includes(1)) retried += 1;
        wrong.push(...judgeCut(cut, life, whole).map((what) => `cut ${direction} at ${byte}: ${what}`));
      }
      expect(wrong).toEqual([]);
      expect(bytes.length).toBeGreaterThan(30);
      expect(retried).toBeGreaterThan(10);
    },
  );

  it("would be noticed if it went wrong", () => {
    const early: Cut = { direction: "up", byte: 10 };
    const doubled = { ...whole, informs: [...whole.informs, ...whole.informs], reports: 0 };
    expect(judgeCut(early, doubled, whole)).toEqual([
      "0 BOOTSTRAP was told 2 times",
      "1 BOOT was told 2 times",
      "the transfer was lost",
    ]);
    // The Inform arrived, its answer did not: then it must be told again.
    expect(judgeCut({ direction: "down", byte: 10 }, { ...doubled, reports: 1 }, whole)).toEqual([]);
  });
});
