import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { hashFrom } from "./archive.ts";
import { systemDisk, type Disk } from "./disk.ts";
import { installOnPartitions } from "./partition-image.ts";
import { makeImage } from "./simulation/image.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

// The disk of this machine, and every piece of memory that was read into.
function watchedDisk(): { disk: Disk; memory: Set<ArrayBufferLike> } {
  const memory = new Set<ArrayBufferLike>();
  const disk: Disk = {
    ...systemDisk,
    async open(...order) {
      const file = await systemDisk.open(...order);
      return {
        ...file,
        async read(...what) {
          const bytes = await file.read(...what);
          memory.add(bytes.buffer);
          return bytes;
        },
      };
    },
  };
  return { disk, memory };
}

// 52 pieces of 64 KiB, and ends that are no whole sector.
const files = new Map([
  ["kernel.fit", randomBytes(1_300_001)],
  ["rootfs.img", randomBytes(2_100_003)],
]);

it("installs and verifies an image of any size with a few buffers", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tonalite-install-"));
  folders.push(folder);
  const at = (name: string): string => join(folder, name);
  for (const name of files.keys()) writeFileSync(at(name), Buffer.alloc(4_000_000), { flush: true });
  writeFileSync(at("image.part"), makeImage("2.0.0", { files, plain: true }));
  const { disk, memory } = watchedDisk();

  const image = await disk.open(at("image.part"), "read");
  await hashFrom(image, 0);
  await image.close();
  await installOnPartitions(disk, at("image.part"), {
    kernel: { device: at("kernel.fit"), bytes: 4_000_000 },
    rootfs: { device: at("rootfs.img"), bytes: 4_000_000 },
  });

  for (const [name, bytes] of files)
    expect(readFileSync(at(name)).subarray(0, bytes.length).equals(bytes), name).toBe(true);
  expect(memory.size).toBeLessThan(12);
});
