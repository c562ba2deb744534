import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { boardImage } from "./update/simulation/life.ts";
import { heldVersion, openSlots } from "./update-slots.ts";

let folder: string;
let args: Parameters<typeof openSlots>[0];

// Partitions of a box, as files on this machine's own disk.
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tonalite-slots-"));
  const partition = (name: string, bytes: number) => {
    const device = join(folder, name);
    writeFileSync(device, "");
    truncateSync(device, bytes);
    return { device, bytes };
  };
  const slot = (name: string) => ({
    kernel: partition(`kernel_${name}`, 64 * 1024),
    rootfs: partition(`rootfs_${name}`, 128 * 1024),
  });
  const board = {
    environment: partition("env", 16 * 1024),
    slots: { a: slot("a"), b: slot("b") },
    alive: join(folder, "alive"),
    trialEnd: join(folder, "trial-end"),
  };
  writeFileSync(join(folder, "slots.json"), JSON.stringify(board));
  args = { state: folder, slot: "a", trial: "0", slots: join(folder, "slots.json") };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("a box whose slots are partitions", () => {
  it("installs into the other slot, and reads its version from there", async () => {
    const image = join(folder, "image.part");
    writeFileSync(image, boardImage("partitions"));
    const slots = openSlots(args);
    expect(await slots.settle()).toMatch(/boot record/);
    expect(heldVersion(args)).toBeUndefined();
    await slots.install(image);
    expect(heldVersion(args)).toBe("2.0.0");
    await slots.activate("u1");
    expect(readFileSync(join(folder, "env"), "latin1")).toContain(
      "BOOT_A_LEFT=3\0BOOT_B_LEFT=3\0BOOT_ORDER=B A\0\0",
    );
    const after = openSlots({ ...args, slot: "b", trial: "1" });
    expect(await after.settle()).toBeUndefined();
    await after.confirm(2);
    expect(await after.record()).toMatchObject({ failed: null, securityFloor: 2 });
    expect(heldVersion({ ...args, slot: "b" })).toBeUndefined();
  });

  it("shows no image while one is being written, nor where there is nothing to read", async () => {
    const image = join(folder, "image.part");
    writeFileSync(image, boardImage("partitions").subarray(0, 60_000));
    const slots = openSlots(args);
    await slots.settle();
    await expect(slots.install(image)).rejects.toThrow(/too early|cannot be unpacked/);
    expect(heldVersion(args)).toBeUndefined();
    rmSync(join(folder, "kernel_b"));
    expect(heldVersion(args)).toBeUndefined();
  });

  it("names the file that does not describe its partitions", () => {
    writeFileSync(join(folder, "slots.json"), "{}");
    expect(() => openSlots(args)).toThrow(/slots\.json does not describe a board's slots/);
  });
});
