import { beforeEach, describe, expect, it } from "vitest";
import type { UpdateWindow } from "../../core/update/index.ts";
import { order, SimulatedBox } from "./simulation/box.ts";
import { makeImage } from "./simulation/image.ts";
import { createChance } from "./simulation/power.ts";
import { TransportError } from "./transport.ts";

const image = makeImage("2.0.0");
const call = { idle: false, why: "line 1 has a call", call: true } as const;
let box: SimulatedBox;
const toRest = async (): Promise<void> => {
  for (let boots = 0; boots < 20; boots += 1) if ((await box.boot()) === "rest") return;
  throw new Error(`never came to rest, last in ${JSON.stringify(box.stored())}`);
};
const until = (condition: () => boolean): Promise<void> =>
  expect.poll(() => condition() || box.views.at(-1), { timeout: 5000, interval: 1 }).toBe(true);
const inState = (name: string): Promise<void> => until(() => box.stored()?.state === name);
beforeEach(async () => {
  box = new SimulatedBox(createChance(1), image);
  await box.leaveFactory();
});

describe("an order that is taken back", () => {
  it.each(["waiting", "downloading", "activating"])("in %s leaves nothing behind", async (name) => {
    box.onView = ({ state }) => {
      if (state === name) box.idle = call;
    };
    if (name === "waiting") box.idle = call;
    const life = box.boot();
    await until(() => box.stored()?.state === name && box.views.at(-1)?.reason !== "");
    expect(box.engine?.cancel("another")).toMatchObject({ accepted: false, fault: { code: 9001 } });
    expect(box.engine?.cancel("key-1")).toEqual({ accepted: true });
    expect(box.stored()?.state).toBe("cancelled");
    expect(await life).toBe("rest");
    expect(box.running).toEqual({ slot: "a", version: "1.0.0" });
    expect(await box.disk.list("/state/update")).toEqual([]);
    expect(box.journal.at(-1)).toBe("cancelled");
    box.idle = { idle: true };
    box.onView = () => {};
    box.order = { ...order, commandKey: "key-2" };
    await toRest();
    expect(box.stored()?.state).toBe("committed");
    expect(box.engine?.cancel("key-2")).toMatchObject({ fault: { code: 9001 } });
  });

  it("ends a download that its server keeps waiting", async () => {
    const inner = box.transport;
    box.transport = {
      open: async (request) => {
        if (request.end !== undefined) return await inner.open(request);
        return await new Promise((_resolve, reject) => {
          request.signal.addEventListener("abort", () => reject(new Error("aborted")));
        });
      },
    };
    const life = box.boot();
    await inState("downloading");
    expect(box.engine?.cancel("key-1")).toEqual({ accepted: true });
    expect(await life).toBe("rest");
    expect(box.stored()?.state).toBe("cancelled");
  });

  it("is refused once the new image is chosen", async () => {
    box.onView = ({ state }) => {
      if (state === "trial") box.idle = call;
    };
    const life = box.boot();
    await inState("trial");
    expect(box.engine?.cancel("key-1")).toMatchObject({ accepted: false, fault: { code: 9021 } });
    box.idle = { idle: true };
    expect(await life).toBe("restart");
    box.onView = () => {};
    await toRest();
    expect(box.stored()?.state).toBe("committed");
  });

  it("is durable at once: the power may go", async () => {
    box.idle = call;
    const life = box.boot();
    await inState("waiting");
    box.engine?.cancel("key-1");
    box.power.cutAfter(1);
    expect(await life).toBe("cut");
    box.power.restore();
    box.disk.crash();
    box.order = null;
    await toRest();
    expect(box.stored()?.state).toBe("cancelled");
    expect(box.running.version).toBe("1.0.0");
  });
});

describe("time windows", () => {
  const now = Date.parse("2026-01-01T12:00:00Z");
  let time = now;
  const window = (opens: number, closes: number, change: Partial<UpdateWindow> = {}): UpdateWindow => ({
    opens: new Date(now + opens * 1000).toISOString(),
    closes: new Date(now + closes * 1000).toISOString(),
    mode: "when-idle",
    retries: -1,
    ...change,
  });
  beforeEach(() => {
    time = now;
    box.now = () => new Date(time);
  });
  const refused = { state: "rejected", code: "WINDOW_MISSED" };

  it("that close over a call end the update as missed", async () => {
    box.order = { ...order, windows: [window(0, 60)] };
    box.idle = call;
    const life = box.boot();
    await inState("waiting");
    time += 60_000;
    expect(await life).toBe("rest");
    expect(box.stored()).toMatchObject(refused);
    expect(box.reports[0]?.fault.code).toBe(9020);
    expect(box.running.version).toBe("1.0.0");
  });

  it("that close while an installed image waits leave the box as it was", async () => {
    box.order = { ...order, windows: [window(0, 60)] };
    box.onView = ({ state }) => {
      if (state === "activating") box.idle = call;
    };
    const life = box.boot();
    await inState("activating");
    time += 60_000;
    expect(await life).toBe("rest");
    expect(box.stored()).toMatchObject({ ...refused, during: "activating" });
  });

  it("of which the second is used when the first passed in a call", async () => {
    box.order = { ...order, windows: [window(0, 60), window(120, 180)] };
    box.idle = call;
    const life = box.boot();
    await inState("waiting");
    time += 60_000;
    await until(() => /window opens at 2026-01-01T12:02Z/.test(box.views.at(-1)?.reason ?? ""));
    box.idle = { idle: true };
    time += 60_000;
    expect(await life).toBe("restart");
  });

  it("let a download fail as often as they say, each", async () => {
    const asked: number[] = [];
    const inner = box.transport;
    box.transport = {
      open: async (request) => {
        if (time >= now + 120_000) return await inner.open(request);
        asked.push(request.start);
        throw new TransportError("UNREACHABLE", "nobody answers");
      },
    };
    box.order = { ...order, windows: [window(0, 60, { retries: 2 }), window(120, 180, { retries: 0 })] };
    const life = box.boot();
    await until(() => box.views.at(-1)?.reason.includes("window opens") === true);
    expect(asked).toHaveLength(3);
    time += 120_000;
    expect(await life).toBe("restart");
  });

  it("ask the subscriber, remind him, and take his word", async () => {
    box.order = { ...order, windows: [window(0, 60, { mode: "confirmation", message: "New firmware" })] };
    const life = box.boot();
    await until(() => box.views.at(-1)?.reason === "the subscriber is asked to confirm it: New firmware");
    expect(box.engine?.asks).toBe(true);
    expect(box.reminded.at(-1)).toBe(true);
    expect(box.engine?.agree()).toBe(true);
    expect(box.engine?.asks).toBe(false);
    expect(box.engine?.agree()).toBe(false);
    expect(await life).toBe("restart");
    expect(box.reminded.at(-1)).toBe(false);
  });

  it("that nobody agreed in are missed", async () => {
    box.order = { ...order, windows: [window(0, 60, { mode: "confirmation" })] };
    const life = box.boot();
    await until(() => box.engine?.asks === true);
    time += 60_000;
    expect(await life).toBe("rest");
    expect(box.stored()).toMatchObject(refused);
    expect(box.journal).toEqual(["checking", "rejected"]);
  });
});

describe("the maintenance hours of the terms", () => {
  it("hold the restart, not the download, and are named", async () => {
    box.maintenance = { clause: "13.1(5)", open: false, opens: "2026-01-01T19:00:00.000Z" };
    box.order = { ...order, force: false };
    const life = box.boot();
    await until(() => box.views.at(-1)?.reason === "the terms (13.1(5)) allow it from 2026-01-01T19:00Z");
    expect(box.stored()?.state).toBe("activating");
    box.maintenance = { clause: "13.1(5)", open: true };
    expect(await life).toBe("restart");
  });
});

describe("a call during the download", () => {
  it("slows it to small pieces, says so, and does not stop it", async () => {
    const pieces: (number | undefined)[] = [];
    const inner = box.transport;
    box.transport = {
      open: async (request) => {
        pieces.push(request.end === undefined ? undefined : request.end + 1 - request.start);
        return await inner.open(request);
      },
    };
    box.callBandwidth = 2_000_000;
    box.onView = ({ state }) => {
      if (state === "downloading") box.idle = call;
      if (state === "verifying") box.idle = { idle: true };
    };
    await toRest();
    expect(box.stored()?.state).toBe("committed");
    expect(box.views.map(({ reason }) => reason)).toContain(`slowed to 16000 kbit/s: ${call.why}`);
    const [header, ...rest] = pieces;
    expect(header).toBeGreaterThan(40_000);
    expect(rest.length).toBeGreaterThan(1);
    expect(rest.every((piece) => piece !== undefined && piece <= 40_000)).toBe(true);
  });

  it("loses nothing to a power cut at any change that it makes then", async () => {
    const slow = (made: SimulatedBox): void => {
      made.callBandwidth = 4_000_000;
      made.onView = ({ state }) => {
        made.idle = state === "downloading" ? call : { idle: true };
      };
    };
    slow(box);
    const before = box.power.changes;
    await toRest();
    const changes = box.power.changes - before;
    for (let cut = 1; cut <= changes; cut += 1) {
      box = new SimulatedBox(createChance(cut), image);
      await box.leaveFactory();
      slow(box);
      box.power.cutAfter(cut);
      for (let boots = 0; boots < 20; boots += 1) {
        const end = await box.boot();
        box.power.restore();
        if (end === "cut") box.disk.crash();
        if (end === "rest") break;
      }
      expect(box.stored()?.state, `cut at ${cut}: ${JSON.stringify(box.stored())}`).toBe("committed");
      expect(box.running.version).toBe("2.0.0");
    }
  });
});
