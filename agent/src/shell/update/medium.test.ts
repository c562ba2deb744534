import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { openMedium } from "./medium.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

// On a disk it reads past the cache; a file system in memory has nothing behind it.
const places = [tmpdir(), "/dev/shm"].filter((place) => existsSync(place));

describe.each(places)("what is on the medium below %s", (place) => {
  it("is read at any position and in any length", async () => {
    const folder = mkdtempSync(join(place, "tonalite-medium-"));
    folders.push(folder);
    const bytes = randomBytes(200_000);
    writeFileSync(join(folder, "file"), bytes, { flush: true });
    const file = await openMedium(join(folder, "file"));
    try {
      expect(await file.size()).toBe(bytes.length);
      for (const [position, length] of [
        [0, 512],
        [0, 200_000],
        [511, 2],
        [70_001, 130_000],
        [199_999, 1],
        [199_000, 5000],
      ] as const)
        expect(
          bytes.subarray(position, position + length).equals(await file.read(length, position)),
          `${length} at ${position}`,
        ).toBe(true);
      await expect(file.write(bytes, 0)).rejects.toThrow(TypeError);
    } finally {
      await file.close();
    }
  });

  it("is none where there is no file", async () => {
    await expect(openMedium(join(place, "tonalite-no-such-file"))).rejects.toThrow(/ENOENT/);
  });
});
