import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { gzipSync } from "node:zlib";
import { readDiskImage } from "./image-file.ts";
import { imageWithEnvironment } from "./simulator/image.ts";
import { randomBytes } from "./simulator/noise.ts";

const folder = mkdtempSync(join(tmpdir(), "image-"));
afterAll(() => rmSync(folder, { recursive: true }));

const disk = imageWithEnvironment(1 << 20, 2000, []);
const read = (bytes: Uint8Array, raw = false) => {
  const file = join(folder, "disk.img");
  writeFileSync(file, bytes);
  return readDiskImage(file, { raw });
};
const damaged = (offset: number) => {
  const copy = Buffer.from(disk);
  copy[offset] = (copy[offset] ?? 0) ^ 1;
  return copy;
};

describe("a disk image", () => {
  it("is taken as it is, or packed with gzip", () => {
    expect(read(disk).checks).toEqual(["GPT CRC-32", "length by GPT"]);
    expect(read(gzipSync(disk)).bytes.equals(disk)).toBe(true);
  });

  it.each([
    ["empty", Buffer.alloc(0), "IMAGE_EMPTY"],
    ["cut short", disk.subarray(0, 1 << 19), "IMAGE_TRUNCATED"],
    ["cut inside a sector", disk.subarray(0, disk.length - 100), "IMAGE_TRUNCATED"],
    ["packed and cut short", gzipSync(randomBytes(9000, 1)).subarray(0, 500), "IMAGE_TRUNCATED"],
    ["with a damaged partition table", damaged(1024 + 40), "IMAGE_DAMAGED"],
    ["with a damaged header", damaged(512 + 30), "IMAGE_DAMAGED"],
    ["some other file", Buffer.from("#!/bin/sh\n"), "IMAGE_NOT_A_DISK"],
    ["the start of an agent image", Buffer.from("TONALIMG\x05"), "IMAGE_TRUNCATED"],
  ])("that is %s is refused", (_, bytes, code) => {
    expect(() => read(bytes)).toThrow(expect.objectContaining({ code }));
  });

  it("that is not there is refused", () => {
    const missing = join(folder, "nothing");
    expect(() => readDiskImage(missing, { raw: false })).toThrow(
      expect.objectContaining({ code: "IMAGE_MISSING" }),
    );
  });
});
