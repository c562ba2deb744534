import { beforeEach, describe, expect, it } from "vitest";
import type { RecallOrder } from "./order.ts";
import { order, SimulatedBox } from "./simulation/box.ts";
import { makeImage } from "./simulation/image.ts";
import { createChance } from "./simulation/power.ts";

const recall: RecallOrder = {
  version: "2.0.0",
  why: "echo on every call",
  commandKey: "",
  force: true,
  door: "local",
};
let box: SimulatedBox;
const toRest = async (on = box): Promise<void> => {
  for (let boots = 0; boots < 20; boots += 1) if ((await on.boot()) === "rest") return;
  throw new Error(`never came to rest, last in ${JSON.stringify(on.stored())}`);
};
const inState = async (name: string): Promise<void> =>
  await expect.poll(() => box.stored()?.state, { timeout: 5000, interval: 1 }).toBe(name);
async function updated(securityFloor = 0): Promise<SimulatedBox> {
  const made = new SimulatedBox(createChance(1), makeImage("2.0.0", { manifest: { securityFloor } }));
  await made.leaveFactory();
  await toRest(made);
  expect(made.running.version).toBe("2.0.0");
  made.order = null;
  return made;
}
beforeEach(async () => {
  box = new SimulatedBox(createChance(1), makeImage("2.0.0"));
  await box.leaveFactory();
});

describe("a trial that the management judges", () => {
  it("is over at once with its confirmation, whatever is missing", async () => {
    expect(await box.boot()).toBe("restart");
    box.network = false;
    const life = box.boot();
    await expect.poll(() => box.views.at(-1)?.reason, { interval: 1 }).toMatch(/unreachable/);
    expect(box.engine?.confirm("1.9.0")).toMatchObject({ accepted: false });
    expect(box.engine?.confirm("2.0.0")).toEqual({ accepted: true });
    expect(await life).toBe("rest");
    expect(box.stored()?.state).toBe("committed");
    expect(box.running.version).toBe("2.0.0");
  });

  it("rolls back with its recall, and says why", async () => {
    expect(await box.boot()).toBe("restart");
    box.network = false;
    const life = box.boot();
    await expect.poll(() => box.views.at(-1)?.reason, { interval: 1 }).toMatch(/unreachable/);
    expect(box.engine?.recall(recall)).toEqual({ accepted: true });
    expect(await life).toBe("restart");
    await toRest();
    expect(box.stored()).toMatchObject({
      state: "rolled-back",
      reason: "version 2.0.0 was recalled: echo on every call",
    });
    expect(box.running.version).toBe("1.0.0");
  });
});

describe("a committed version that is recalled", () => {
  const once = (): void => {
    let asked = false;
    box.onStart = (engine) => {
      if (asked) return;
      asked = true;
      expect(engine.recall(recall)).toEqual({ accepted: true });
    };
  };

  it("gives way to the one that the other slot still holds, after a trial of it", async () => {
    box = await updated();
    once();
    await toRest();
    expect(box.running).toEqual({ slot: "a", version: "1.0.0" });
    expect(box.stored()).toMatchObject({ state: "committed", version: "1.0.0", from: "2.0.0" });
    const words = "going back to version 1.0.0: version 2.0.0 was recalled: echo on every call";
    expect(box.views.some(({ reason }) => reason === words)).toBe(true);
  });

  it("waits for the call that is up", async () => {
    box = await updated();
    box.idle = { idle: false, why: "line 1 has a call", call: true };
    once();
    const life = box.boot();
    await inState("activating");
    expect(box.running.version).toBe("2.0.0");
    box.idle = { idle: true };
    expect(await life).toBe("restart");
  });

  it("stays when the older one does not work any more", async () => {
    box = await updated();
    let asked = 0;
    box.onStart = (engine) => {
      const { version } = box.running;
      if (version === "2.0.0" && asked++ === 0) engine.recall(recall);
      if (version === "1.0.0") engine.recall({ ...recall, version, why: "it is dead" });
    };
    await toRest();
    expect(box.stored()).toMatchObject({ state: "rolled-back" });
    expect(box.running.version).toBe("2.0.0");
  });

  it("stays when it raised the security floor", async () => {
    box = await updated(4);
    once();
    await toRest();
    expect(box.stored()).toMatchObject({ state: "rejected", code: "IMAGE_UNSUITABLE" });
    expect(box.stored()?.reason).toMatch(/floor 0 is below this device's 4/);
    expect(box.running.version).toBe("2.0.0");
  });

  it("is another one than that which runs: nothing happens", async () => {
    box = await updated();
    await box.boot();
    expect(box.engine?.recall({ ...recall, version: "1.5.0" })).toMatchObject({
      accepted: false,
      fault: { string: "version 1.5.0 does not run here" },
    });
  });

  it("has left nothing to go back to when its box came with it", async () => {
    box.idle = { idle: false, why: "line 1 has a call", call: true };
    const answers: unknown[] = [];
    box.order = null;
    box.onStart = (engine) => {
      answers.push(engine.recall({ ...recall, version: "1.0.0" }));
      box.power.cutAfter(1);
      engine.request(order);
    };
    expect(await box.boot()).toBe("cut");
    expect(answers).toMatchObject([
      { accepted: false, fault: { string: "the other slot holds no image that is known to have worked" } },
    ]);
  });

  it("ends on a good image wherever the power goes", async () => {
    box = await updated();
    const before = box.power.changes;
    once();
    await toRest();
    const changes = box.power.changes - before;
    expect(changes).toBeGreaterThan(10);
    for (let cut = 1; cut <= changes; cut += 1) {
      box = await updated();
      box.onStart = (engine) => {
        const { state, reported } = box.stored() ?? {};
        if (box.running.version === "2.0.0" && state === "committed" && reported === true)
          engine.recall(recall);
      };
      box.power.cutAfter(cut);
      const end = await box.boot();
      if (end !== "cut") {
        const next = end === "rest" ? end : await box.boot();
        box.power.restore();
        if (next === "cut") box.disk.crash();
        if (next === "restart" || next === "cut") await toRest();
      } else {
        box.power.restore();
        box.disk.crash();
        await toRest();
      }
      expect(box.running.version, `cut at ${cut}`).toBe("1.0.0");
      expect(box.stored(), `cut at ${cut}`).toMatchObject({ state: "committed", reported: true });
    }
  });

  it("may be updated to again afterwards", async () => {
    box = await updated();
    once();
    await toRest();
    box.order = { ...order, commandKey: "key-3" };
    await toRest();
    expect(box.running.version).toBe("2.0.0");
  });
});
