import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { randomBytes } from "../simulator/noise.ts";
import { planWork, spans, windowSize } from "./plan.ts";

describe("the plan", () => {
  it("covers exactly what differs: zeros without data, the rest in bounded parcels", () => {
    const image = Buffer.alloc(40 * windowSize + 512);
    image.set(randomBytes(20 * windowSize, 1), 4 * windowSize);
    image.fill("tone", 30 * windowSize, 33 * windowSize);
    const windows = spans(image.length, windowSize).filter((_, index) => index !== 10);
    const work = planWork(image, windows);
    const rebuilt = Buffer.alloc(image.length, 0xee);
    for (const piece of work) {
      if (piece.how === "zero") rebuilt.fill(0, piece.offset, piece.offset + piece.length);
      else {
        expect(piece.parcel.length).toBeLessThanOrEqual(2 << 20);
        gunzipSync(piece.parcel).copy(rebuilt, piece.offset);
      }
    }
    image.fill(0xee, 10 * windowSize, 11 * windowSize);
    expect(rebuilt.equals(image)).toBe(true);
    expect(work.some(({ how }) => how === "zero")).toBe(true);
  });

  it("for nothing is nothing", () => {
    expect(planWork(new Uint8Array(0), spans(0, windowSize))).toEqual([]);
  });
});
