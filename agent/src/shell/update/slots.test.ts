import { beforeEach, describe, expect, it } from "vitest";
import type { SlotName } from "../../core/update/index.ts";
import { SimulatedBox } from "./simulation/box.ts";
import { boardKinds, createBoard, type Board, type BoardKind } from "./simulation/boards.ts";
import { boardImage } from "./simulation/life.ts";
import { MemoryDisk } from "./simulation/memory-disk.ts";
import { createChance, Power } from "./simulation/power.ts";
import type { UpdateBackend } from "./slots.ts";

const imageFile = "/image.part";
let power: Power;
let disk: MemoryDisk;
let board: Board;

async function leaveFactory(kind: BoardKind, seed = 1): Promise<void> {
  power = new Power(createChance(seed));
  disk = new MemoryDisk(power, createChance(seed));
  board = createBoard(kind, disk);
  await board.leaveFactory();
  await lay(boardImage(kind));
}
async function lay(image: Uint8Array): Promise<void> {
  const file = await disk.open(imageFile, "create");
  await file.write(image, 0);
  await file.sync();
  await disk.syncFolder("/");
}
/** Starts the box; the agent takes in what the boot loader did. */
async function start(): Promise<{ slots: UpdateBackend; slot: SlotName; surprise: string | undefined }> {
  const plan = await board.start();
  const slots = board.slots(plan);
  const surprise = await slots.settle();
  return { slots, slot: plan.slot, surprise };
}
const installed = async (): Promise<UpdateBackend> => {
  const { slots } = await start();
  await slots.install(imageFile);
  return slots;
};

describe.each(boardKinds)("slots that are %s", (kind) => {
  beforeEach(async () => await leaveFactory(kind));

  it("take an image into the one that does not run, and nothing starts it yet", async () => {
    await installed();
    expect(await board.content("b")).toBe("2.0.0");
    expect((await start()).slot).toBe("a");
    expect(await board.content("a")).toBe("1.0.0");
  });

  it("start it on trial, and keep it once it is confirmed", async () => {
    await (await installed()).activate("u1");
    const { slots, slot } = await start();
    expect(slots.running).toMatchObject({ slot: "b", trial: true });
    expect(slot).toBe("b");
    await slots.confirm(3);
    await slots.confirm(3);
    expect(await slots.record()).toMatchObject({ failed: null, securityFloor: 3 });
    for (let starts = 0; starts < 5; starts += 1) {
      const later = await start();
      expect(later.slots.running).toMatchObject({ slot: "b", trial: false });
      await later.slots.steady();
    }
  });

  it("leave it when its starts are used up, and say why", async () => {
    await (await installed()).activate("u1");
    for (let starts = 0; starts < 3; starts += 1) expect((await start()).slot).toBe("b");
    const { slots, slot, surprise } = await start();
    expect({ slot, surprise }).toEqual({ slot: "a", surprise: undefined });
    expect((await slots.record()).failed).toMatchObject({ slot: "b", update: "u1" });
    expect((await slots.record()).failed?.reason).toMatch(/did not confirm itself in 3 starts/);
    expect((await start()).slot).toBe("a");
  });

  it("keep the last words of an image that ended by itself", async () => {
    await (await installed()).activate("u1");
    for (let starts = 0; starts < 3; starts += 1) {
      await start();
      await board.crashed("the agent ended with code 3");
    }
    expect((await (await start()).slots.record()).failed?.reason).toBe("the agent ended with code 3");
  });

  it("leave it when it is given up, and do not try it again", async () => {
    await (await installed()).activate("u1");
    const { slots } = await start();
    await slots.giveUp("line 1 is not registered again");
    await slots.giveUp("line 1 is not registered again");
    const after = await start();
    expect(after.slot).toBe("a");
    expect((await after.slots.record()).failed).toMatchObject({ reason: "line 1 is not registered again" });
  });

  it("give a trial that waits for the network its starts back", async () => {
    await (await installed()).activate("u1");
    for (let starts = 0; starts < 8; starts += 1) {
      const { slots, slot } = await start();
      expect(slot).toBe("b");
      await slots.renew();
    }
  });

  it("say what fits them", async () => {
    const { slots } = await start();
    const files = (names: string[]) =>
      names.map((path) => ({ path, size: 1000, sha256: "0".repeat(64), mode: 0o644 as const }));
    const folders = slots.place(files(["agent.mjs", "image.json"]));
    const partitions = slots.place(files(["kernel.fit", "rootfs.img"]));
    expect("unfit" in folders).toBe(kind !== "folders");
    expect("unfit" in partitions).toBe(kind !== "partitions");
  });

  it("never start what was half written, wherever the power went", async () => {
    await start();
    const before = power.changes;
    await board.slots({ slot: "a", trial: false }).install(imageFile);
    const changes = power.changes - before;
    expect(changes).toBeGreaterThan(5);
    for (let cut = 1; cut <= changes; cut += 1) {
      await leaveFactory(kind, cut);
      const { slots } = await start();
      power.cutAfter(cut);
      await expect(slots.install(imageFile), `cut ${cut}`).rejects.toThrow("the power went");
      power.restore();
      disk.crash();
      for (let starts = 0; starts < 9; starts += 1) {
        const { slot } = await board.start();
        expect(await board.content(slot), `cut ${cut}, start ${starts} of slot ${slot}`).not.toBe(
          "no whole image",
        );
      }
      const again = await start();
      if (again.slot === "a") await again.slots.install(imageFile);
      expect(await board.content("b"), `cut ${cut}`).toBe("2.0.0");
    }
  });

  it("take nothing of an image whose bytes are not as its header says", async () => {
    const damaged = Buffer.from(boardImage(kind));
    damaged.fill(0, damaged.length - 3000);
    await lay(damaged);
    const { slots } = await start();
    await expect(slots.install(imageFile)).rejects.toThrow();
    for (let starts = 0; starts < 9; starts += 1) expect((await board.start()).slot).toBe("a");
  });
});

describe("slots that are partitions", () => {
  const env = "/dev/env";
  const damage = async (path: string, bytes: Uint8Array): Promise<void> => {
    const file = await disk.open(path, "write");
    await file.write(bytes, 0);
    await file.sync();
  };
  beforeEach(async () => await leaveFactory("partitions"));

  it("refuse an image that is larger than they are", async () => {
    const { slots } = await start();
    const file = (path: string, size: number) => ({
      path,
      size,
      sha256: "0".repeat(64),
      mode: 0o644 as const,
    });
    expect(slots.place([file("kernel.fit", 100), file("rootfs.img", 100_000)])).toEqual({
      unfit: "rootfs.img has 100000 bytes, its partition 98304",
    });
    expect(slots.place([file("kernel.fit", 100), file("rootfs.img", 1), file("more", 1)])).toMatchObject({
      unfit: expect.stringContaining("nothing else") as string,
    });
  });

  it("go on without the boot loader's sector, and without the record", async () => {
    await damage(env, new Uint8Array(512));
    expect((await start()).slot).toBe("a");
    await damage("/state/boot.json", Buffer.from("?"));
    const { slot, surprise } = await start();
    expect(slot).toBe("a");
    expect(surprise).toMatch(/boot record/);
    expect((await start()).surprise).toBeUndefined();
  });

  it("keep the security floor when the record is lost", async () => {
    await (await installed()).activate("u1");
    await (await start()).slots.confirm(7);
    await damage("/state/boot.json", Buffer.from("?"));
    expect((await (await start()).slots.record()).securityFloor).toBe(7);
    // One of its two sectors may be lost as well.
    const file = await disk.open(env, "write");
    await file.write(new Uint8Array(512), 4096);
    expect((await (await start()).slots.record()).securityFloor).toBe(7);
  });

  it("fall back on the old image when the committed one starts no more, and say so", async () => {
    await (await installed()).activate("u1");
    await (await start()).slots.confirm(0);
    await damage("/dev/kernel_b", new Uint8Array(512));
    const { slot, surprise, slots } = await start();
    expect(slot).toBe("a");
    expect(surprise).toMatch(/the image in slot b does not start any more/);
    expect((await slots.record()).failed).toMatchObject({ slot: "b" });
    expect((await start()).surprise).toBeUndefined();
  });

  it("do not take restarts in quick succession for failed starts", async () => {
    const box = new SimulatedBox(createChance(1), boardImage("partitions"), "partitions");
    await box.leaveFactory();
    while ((await box.boot()) !== "rest");
    for (let starts = 0; starts < 8; starts += 1) {
      await box.boot();
      expect(box.running).toEqual({ slot: "b", version: "2.0.0" });
    }
  });

  it("start an image from below the floor only when nothing else starts", async () => {
    await (await installed()).activate("u1");
    const { slots } = await start();
    await slots.confirm(5);
    for (let starts = 0; starts < 3; starts += 1) expect((await board.start()).slot).toBe("b");
    await damage("/dev/kernel_b", new Uint8Array(512));
    expect((await board.start()).slot).toBe("a");
  });
});
