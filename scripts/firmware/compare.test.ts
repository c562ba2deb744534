import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compareImages } from "./compare.ts";
import { buildImage } from "./image.ts";
import { createKeyPair } from "./keys.ts";

let work: string;
beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), "tonalite-compare-"));
  createKeyPair(join(work, "keys"));
});
afterAll(() => rmSync(work, { recursive: true }));

function image(version: string, files: Record<string, Buffer>): string {
  const from = join(work, version);
  mkdirSync(from);
  for (const [name, bytes] of Object.entries({ "agent.mjs": Buffer.from("1"), ...files }))
    writeFileSync(join(from, name), bytes);
  const out = join(work, `${version}.img`);
  buildImage({ from, version, hardware: ["virtual/sim"], key: join(work, "keys/firmware.key"), out });
  return out;
}

describe("a comparison of two images", () => {
  const large = randomBytes(600_000);

  it("tells what travels, and of which files", () => {
    const small = randomBytes(3000);
    const before = image("1.0.0", { "large.bin": large, "same.bin": small });
    const put = Buffer.concat([large.subarray(0, 300_000), Buffer.from("one line"), large.subarray(300_000)]);
    const after = image("1.0.1", { "large.bin": put, "moved.bin": small, "new.bin": randomBytes(5000) });
    const found = compareImages(before, after);
    expect(found.files.map(({ path }) => path)).toEqual(["large.bin", "new.bin", "image.json"]);
    const [edited, fresh] = found.files;
    expect(edited?.travels).toBeGreaterThan(0);
    expect(edited?.travels).toBeLessThan(140_000);
    expect(fresh).toMatchObject({ size: 5000, travels: 5000 });
    const sum = found.files.reduce((total, { travels }) => total + travels, 0);
    expect(found.travels).toBe(found.header + sum);
    expect(found.ranges).toBe(3);
  });

  it("finds nothing to fetch but what every image has of its own, where all is the same", () => {
    const again = compareImages(
      image("2.0.0", { "large.bin": large }),
      image("2.0.1", { "large.bin": large }),
    );
    expect(again.files.map(({ path }) => path)).toEqual(["image.json"]);
  });
});
