import { createHash } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { order, SimulatedBox } from "./simulation/box.ts";
import { makeImage } from "./simulation/image.ts";
import { createChance } from "./simulation/power.ts";

const image = makeImage("2.0.0", { manifest: { securityFloor: 2 } });
let box: SimulatedBox;
const toRest = async (): Promise<void> => {
  while ((await box.boot()) !== "rest");
};
const hash = (algorithm: string): string => createHash(algorithm).update(image).digest("hex");
const activation = { commandKey: "key-2", door: "usp", command: "X.Activate()", force: false } as const;

beforeEach(async () => {
  box = new SimulatedBox(createChance(1), image);
  await box.leaveFactory();
});

describe("an order without activation", () => {
  beforeEach(async () => {
    box.order = { ...order, activate: false, door: "usp", command: "X.Download()" };
    await toRest();
  });

  it("ends with an installed image, and the box goes on as it was", async () => {
    expect(box.stored()?.state).toBe("available");
    expect(box.running).toEqual({ slot: "a", version: "1.0.0" });
    expect(await box.slotContent("b")).toBe("2.0.0");
    expect(box.reports.map(({ fault }) => fault.code)).toEqual([0]);
    expect(box.reports[0]?.outcome.request).toMatchObject({ door: "usp", command: "X.Download()" });
    await toRest();
    expect(box.reports).toHaveLength(1);
    expect(box.engine?.images("2.0.0")).toEqual({
      boot: "a",
      slots: {
        a: { status: "Active", version: "1.0.0", available: true, bootFailureLog: "" },
        b: { status: "Available", version: "2.0.0", available: true, bootFailureLog: "" },
      },
    });
  });

  it("is followed by the activation, once", async () => {
    box.activation = activation;
    expect(await box.boot()).toBe("restart");
    await toRest();
    expect(box.stored()).toMatchObject({ state: "committed", version: "2.0.0" });
    expect(box.running).toEqual({ slot: "b", version: "2.0.0" });
    expect(box.reports.map(({ commandKey }) => commandKey)).toEqual(["key-1", "key-2"]);
    expect(box.reports[1]?.outcome.request.command).toBe("X.Activate()");
    expect(box.engine?.activate({ ...activation, commandKey: "key-3" })).toMatchObject({
      accepted: false,
      fault: { code: 9001 },
    });
  });

  it("is not activated below a floor that has risen since", async () => {
    await box.raiseSecurityFloor(3);
    box.activation = activation;
    await toRest();
    expect(box.stored()).toMatchObject({ state: "rejected", code: "IMAGE_UNSUITABLE" });
    expect(box.running.slot).toBe("a");
  });

  it("may be replaced by another order", async () => {
    box.order = { ...order, commandKey: "key-2" };
    await toRest();
    expect(box.stored()?.state).toBe("committed");
  });
});

describe("an order that says what the file must be", () => {
  it.each(["SHA-1", "SHA-224", "SHA-256", "SHA-384", "SHA-512"] as const)(
    "is carried out when it has that size and %s checksum",
    async (algorithm) => {
      const value = hash(algorithm.replace("-", "").toLowerCase());
      box.order = { ...order, fileSize: image.length, checksum: { algorithm, value } };
      await toRest();
      expect(box.stored()?.state).toBe("committed");
    },
  );

  it("is refused before the download when the size is another", async () => {
    box.order = { ...order, fileSize: image.length + 1 };
    await toRest();
    expect(box.stored()).toMatchObject({ state: "rejected", code: "IMAGE_CORRUPTED", during: "checking" });
  });

  it("is refused before the installation when the checksum is another", async () => {
    box.order = { ...order, checksum: { algorithm: "SHA-1", value: "0".repeat(40) } };
    await toRest();
    expect(box.stored()).toMatchObject({ state: "rejected", code: "IMAGE_CORRUPTED", during: "verifying" });
    expect(await box.slotContent("b")).toBe("no whole image");
    expect(box.engine?.images(undefined).slots.b.status).toBe("ValidationFailed");
  });
});

describe("a file: address", () => {
  it.each(["cwmp", "usp"] as const)("is no address for %s", async (door) => {
    await toRest();
    const url = "file:///etc/passwd";
    expect(box.engine?.request({ ...order, commandKey: "x", url, door })).toMatchObject({
      accepted: false,
      fault: { code: 9013 },
    });
  });

  it.each(["usp", "cwmp"] as const)("of a kept image does not keep %s from starting it", async (door) => {
    box.order = { ...order, url: "file:///tmp/image.img", activate: false, door: "local" };
    await toRest();
    expect(box.stored()).toMatchObject({ state: "available", request: { url: "file:///tmp/image.img" } });
    box.activation = { ...activation, door };
    await toRest();
    expect(box.stored()).toMatchObject({ state: "committed", version: "2.0.0" });
  });
});
