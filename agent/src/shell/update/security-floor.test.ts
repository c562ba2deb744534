import { beforeEach, describe, expect, it } from "vitest";
import { createFloorCounter } from "../boot/security-floor.ts";
import { readBootRecord, writeBootRecord } from "../boot/boot-record.ts";
import { replaceFile } from "./disk.ts";
import { order, SimulatedBox } from "./simulation/box.ts";
import { filesOf, makeImage } from "./simulation/image.ts";
import { createChance } from "./simulation/power.ts";

let box: SimulatedBox;
const toRest = async (): Promise<void> => {
  while ((await box.boot()) !== "rest");
};
const newer = (securityFloor: number): Buffer =>
  makeImage("3.0.0", { files: filesOf("2.0.0"), manifest: { securityFloor } });
const offer = async (image: Buffer, commandKey: string): Promise<void> => {
  box.image = image;
  box.etag = `"${commandKey}"`;
  box.order = { ...order, commandKey };
  await toRest();
};

beforeEach(async () => {
  box = new SimulatedBox(createChance(1), makeImage("2.0.0", { manifest: { securityFloor: 5 } }));
  await box.leaveFactory();
});

describe("the security floor", () => {
  it("rises when an image is committed, not before", async () => {
    expect(await box.boot()).toBe("restart");
    expect(await box.securityFloor()).toBe(0);
    await toRest();
    expect(await box.securityFloor()).toBe(5);
  });

  it("does not rise for an image that is rolled back", async () => {
    box.behaviour = "deaf";
    await toRest();
    expect(await box.securityFloor()).toBe(0);
  });

  it("refuses what lies below it, even when it is newer", async () => {
    await toRest();
    await offer(newer(4), "key-2");
    expect(box.stored()).toMatchObject({ state: "rejected", code: "IMAGE_UNSUITABLE" });
    expect(box.stored()?.reason).toMatch(/security floor 4 is below this device's 5/);
    expect(box.reports.at(-1)?.fault.code).toBe(9018);
    expect(box.journal.slice(-2)).toEqual(["checking", "rejected"]);
    expect(await box.securityFloor()).toBe(5);
  });

  it("lets through what stands as high", async () => {
    await toRest();
    await offer(newer(5), "key-2");
    expect(box.stored()).toMatchObject({ state: "committed", version: "3.0.0" });
    expect(await box.securityFloor()).toBe(5);
  });

  it("outlives a boot record that was lost or set back", async () => {
    await toRest();
    const record = await readBootRecord(box.disk, "/state");
    if (!record || record === "damaged") throw new Error("no boot record");
    await writeBootRecord(box.disk, "/state", { ...record, securityFloor: 0 });
    expect(await box.securityFloor()).toBe(5);
    await offer(newer(4), "key-2");
    expect(box.stored()?.reason).toMatch(/security floor/);
  });

  it("only rises, and survives the damage of one of its copies", async () => {
    const counter = createFloorCounter(box.disk, "/state");
    expect(await counter.read()).toBe(0);
    await counter.raise(7);
    await counter.raise(3);
    expect(await counter.read()).toBe(7);
    await replaceFile(box.disk, "/state/security-floor.1.json", Buffer.from("{"));
    expect(await counter.read()).toBe(7);
    await counter.raise(8);
    await replaceFile(box.disk, "/state/security-floor.2.json", Buffer.from("\u0000\u0000"));
    expect(await counter.read()).toBe(8);
  });
});
