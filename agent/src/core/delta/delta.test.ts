import { describe, expect, it } from "vitest";
import { chunksOf, filesOf, makeImage } from "../../shell/update/simulation/image.ts";
import { createChance, type Chance } from "../../shell/update/simulation/power.ts";
import { decodeImageHeader } from "../firmware/index.ts";
import { chunkLength, chunkSizes, decodeChunkList, encodeChunkList, planPayload } from "./index.ts";

function noise(chance: Chance, length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, () => chance.below(256)));
}

/** Replaces, puts in or takes out a few bytes somewhere. */
function edited(chance: Chance, bytes: Buffer): Buffer {
  const at = chance.below(bytes.length);
  const gone = chance.below(40);
  return Buffer.concat([bytes.subarray(0, at), noise(chance, chance.below(40)), bytes.subarray(at + gone)]);
}

describe("chunks of a file", () => {
  const chance = createChance(11);
  const file = noise(chance, 1_500_000);

  it("make up the file, each of a size that is allowed", () => {
    for (const length of [0, 1, chunkSizes.least, chunkSizes.least + 1, 100_000, 1_500_000]) {
      const chunks = chunksOf(file.subarray(0, length));
      expect(chunks.reduce((sum, chunk) => sum + chunk.length, 0)).toBe(length);
      for (const [index, chunk] of chunks.entries()) {
        expect(chunk.length).toBeLessThanOrEqual(chunkSizes.most);
        if (index < chunks.length - 1) expect(chunk.length).toBeGreaterThanOrEqual(chunkSizes.least);
      }
    }
    const average = file.length / chunksOf(file).length;
    expect(average).toBeGreaterThan(12_000);
    expect(average).toBeLessThan(20_000);
  });

  it("end where they do whatever is read at once", () => {
    let start = 0;
    for (const { length } of chunksOf(file)) {
      const window = file.subarray(start, start + chunkSizes.most + chance.below(5000));
      expect(chunkLength(window)).toBe(length);
      start += length;
    }
  });

  it("stay the same but around an edit", () => {
    for (let round = 0; round < 60; round += 1) {
      const known = new Set(chunksOf(file).map(({ digest }) => digest));
      const fresh = chunksOf(edited(chance, file)).filter(({ digest }) => !known.has(digest));
      expect(fresh.length, `round ${round}`).toBeLessThanOrEqual(6);
    }
  });

  it("of bytes without any pattern to cut at are as long as may be", () => {
    expect(chunksOf(Buffer.alloc(200_000)).map(({ length }) => length)).toEqual([
      65_536, 65_536, 65_536, 3392,
    ]);
  });
});

describe("a list of chunks", () => {
  const chance = createChance(5);

  it("reads back as it was written", () => {
    for (let round = 0; round < 50; round += 1) {
      const chunks = chunksOf(noise(chance, chance.below(300_000)));
      const text = encodeChunkList(chunks);
      const size = chunks.reduce((sum, { length }) => sum + length, 0);
      expect(decodeChunkList(text, size)).toEqual(chunks);
      expect(decodeChunkList(text, size + 1)).toBeUndefined();
      expect(Buffer.from(text, "base64").toString("base64")).toBe(text);
    }
  });

  it("is refused when it is none, whatever stands there", () => {
    for (let round = 0; round < 300; round += 1) {
      const text = noise(chance, chance.below(200)).toString("base64");
      expect(decodeChunkList(text, 40_000)).toBeUndefined();
      const chunks = encodeChunkList([{ length: 40_000, digest: "ab".repeat(16) }]);
      const at = chance.below(chunks.length);
      const changed = `${chunks.slice(0, at)}${"*=-_ ~"[chance.below(6)] ?? ""}${chunks.slice(at + 1)}`;
      if (changed !== chunks) expect(decodeChunkList(changed, 40_000), changed).toBeUndefined();
    }
  });
});

describe("the plan of a payload", () => {
  it("makes up the payload, byte for byte but for the chunks", () => {
    const image = makeImage("2.0.0", { plain: true });
    const { manifest, payloadOffset } = decodeImageHeader(image);
    let position = payloadOffset;
    let own = 0;
    for (const piece of planPayload(manifest) ?? []) {
      const bytes = image.subarray(position, position + piece.length);
      if ("bytes" in piece) {
        expect(Buffer.compare(bytes, piece.bytes)).toBe(0);
        own += piece.length;
      } else expect(chunksOf(bytes)).toEqual([{ length: piece.length, digest: piece.digest }]);
      position += piece.length;
    }
    expect(position).toBe(image.length);
    expect(own).toBeGreaterThan(512 * filesOf("2.0.0").size);
  });

  it("is not made of a packed payload, or of lists that do not fit", () => {
    const packed = decodeImageHeader(makeImage("2.0.0")).manifest;
    expect(planPayload(packed)).toBeUndefined();
    const { manifest } = decodeImageHeader(makeImage("2.0.0", { plain: true }));
    const [first, ...rest] = manifest.files;
    const change = (chunks: string | undefined) =>
      planPayload({ ...manifest, files: [{ ...first, chunks } as (typeof manifest.files)[number], ...rest] });
    expect(change(undefined)).toBeUndefined();
    expect(change(encodeChunkList([{ length: first?.size ?? 0, digest: "0".repeat(32) }]))).toBeDefined();
    expect(change(encodeChunkList([{ length: 5, digest: "0".repeat(32) }]))).toBeUndefined();
    expect(planPayload({ ...manifest, payload: { ...manifest.payload, size: 512 } })).toBeUndefined();
  });
});
