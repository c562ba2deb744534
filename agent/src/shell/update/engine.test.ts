import { generateKeyPairSync } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { filesOf, makeImage, type ImageChange } from "./simulation/image.ts";
import { order, SimulatedBox } from "./simulation/box.ts";
import { createChance } from "./simulation/power.ts";

let box: SimulatedBox;
const make = async (image: Buffer): Promise<SimulatedBox> => {
  const made = new SimulatedBox(createChance(1), image);
  await made.leaveFactory();
  return made;
};
const toRest = async (): Promise<void> => {
  while ((await box.boot()) !== "rest");
};
const until = async (condition: () => boolean): Promise<void> => {
  const end = Date.now() + 3000;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`never came; last ${JSON.stringify(box.views.at(-1))}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
};
beforeEach(async () => {
  box = await make(makeImage("2.0.0"));
});

describe("an image that this box may not have", () => {
  const foreign = generateKeyPairSync("ed25519").privateKey;
  const hostile = new Map([...filesOf("2.0.0"), ["zz", Buffer.from("more than the manifest lists")]]);
  const swapped = new Map([...filesOf("2.0.0")].map(([path, bytes]) => [path, Buffer.alloc(bytes.length)]));
  const cases: [string, ImageChange | ((image: Buffer) => Buffer), string, number][] = [
    ["signed with another key", { key: foreign }, "IMAGE_UNTRUSTED", 9019],
    ["of an unknown signer", { manifest: { keyId: "0".repeat(64) } }, "IMAGE_UNTRUSTED", 9019],
    ["for other hardware", { manifest: { hardware: ["ippi/box"] } }, "IMAGE_UNSUITABLE", 9018],
    ["of another product", { manifest: { product: "other" } }, "IMAGE_UNSUITABLE", 9018],
    ["that is older", { manifest: { version: "0.9.0" } }, "IMAGE_UNSUITABLE", 9018],
    ["of the version that runs", { manifest: { version: "1.0.0" } }, "IMAGE_UNSUITABLE", 9018],
    ["cut in its header", (image) => image.subarray(0, 100), "IMAGE_CORRUPTED", 9018],
    ["cut in its payload", (image) => image.subarray(0, -10), "IMAGE_CORRUPTED", 9018],
    ["with more behind it", (image) => Buffer.concat([image, Buffer.alloc(5)]), "IMAGE_CORRUPTED", 9018],
    ["with a flipped bit in the payload", flip(-5000), "IMAGE_CORRUPTED", 9018],
    ["with a flipped bit in the manifest", flip(60), "IMAGE_CORRUPTED", 9018],
    ["with a flipped bit in the last byte of the signature", flipSignature, "IMAGE_UNTRUSTED", 9019],
    ["that is no image", () => Buffer.from("<html>not found</html>"), "IMAGE_CORRUPTED", 9018],
    ["whose archive holds a file too many", { archive: hostile }, "IMAGE_CORRUPTED", 9018],
    ["whose archive holds other bytes", { archive: swapped }, "IMAGE_CORRUPTED", 9018],
  ];
  it.each(cases)("%s is refused, and the running slot is not touched", async (_what, change, code, fault) => {
    box = await make(typeof change === "function" ? change(makeImage("2.0.0")) : makeImage("2.0.0", change));
    await toRest();
    expect(box.stored(), JSON.stringify(box.stored())).toMatchObject({ state: "rejected", code });
    expect(box.reports).toHaveLength(1);
    expect(box.reports[0]?.fault.code).toBe(fault);
    expect(box.reports[0]?.fault.string).not.toBe("");
    expect(box.running).toEqual({ slot: "a", version: "1.0.0" });
    expect(await box.slotContent("a")).toBe("1.0.0");
    expect(box.journal).not.toContain("activating");
  });

  it("is not fetched beyond its header", async () => {
    box = await make(makeImage("2.0.0", { key: foreign }));
    await toRest();
    expect(box.journal).toEqual(["checking", "rejected"]);
  });

  it("is not fetched where it has no room", async () => {
    box.disk.free = 1000;
    await toRest();
    expect(box.stored()).toMatchObject({ state: "rejected", code: "NO_SPACE" });
  });
});

describe("a live call", () => {
  const call = { idle: false, why: "a call is up on line 1", call: true } as const;
  it("holds a forced update until it ends, and the reason is shown", async () => {
    box.idle = call;
    const life = box.boot();
    await until(() => box.views.some(({ state, reason }) => state === "waiting" && reason === call.why));
    expect(box.stored()?.state).toBe("waiting");
    box.idle = { idle: true };
    expect(await life).toBe("restart");
    expect(await box.boot()).toBe("rest");
    expect(box.stored()?.state).toBe("committed");
  });

  it("that begins during the download pauses it, and holds the activation and the restart", async () => {
    box.onView = ({ state }) => {
      if (state === "downloading") box.idle = call;
    };
    const life = box.boot();
    await until(() => box.views.at(-1)?.reason === `paused: ${call.why}`);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(box.stored()?.state).toBe("downloading");
    box.idle = { idle: true };
    box.onView = ({ state }) => {
      if (state === "activating") box.idle = call;
    };
    await until(() => box.views.at(-1)?.reason === call.why);
    expect(box.stored()?.state).toBe("activating");
    expect(box.running.version).toBe("1.0.0");
    box.idle = { idle: true };
    expect(await life).toBe("restart");
  });

  it("on the new image holds its roll-back", async () => {
    box.behaviour = "deaf";
    expect(await box.boot()).toBe("restart");
    box.idle = call;
    const life = box.boot();
    await until(() => box.stored()?.state === "rolling-back");
    await until(() => box.views.at(-1)?.reason === call.why);
    box.idle = { idle: true };
    expect(await life).toBe("restart");
    await toRest();
    expect(box.stored()).toMatchObject({
      state: "rolled-back",
      reason: "line 1 is not registered again (408 no answer)",
    });
  });
});

describe("an image on trial", () => {
  it("waits for a network that is away, and does not roll back", async () => {
    expect(await box.boot()).toBe("restart");
    box.network = false;
    const life = box.boot();
    await until(() => /unreachable/.test(box.views.at(-1)?.reason ?? ""));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(box.stored()?.state).toBe("trial");
    box.network = true;
    expect(await life).toBe("rest");
    expect(box.stored()?.state).toBe("committed");
  });

  it("goes through the states of the table, each recorded once", async () => {
    await toRest();
    const way = [
      "checking",
      "waiting",
      "downloading",
      "verifying",
      "installing",
      "activating",
      "trial",
      "committing",
      "committed",
    ];
    expect(box.journal).toEqual(way);
    expect(box.views.at(-1)).toMatchObject({
      state: "committed",
      clause: "7.3",
      version: "2.0.0",
      commandKey: "key-1",
    });
  });
});

describe("an order", () => {
  it("is taken once, and another one only when the first is over", async () => {
    box.idle = { idle: false, why: "call", call: true };
    const life = box.boot();
    await until(() => box.stored()?.state === "waiting");
    expect(box.engine?.request(order)).toEqual({ accepted: true });
    expect(box.engine?.request({ ...order, commandKey: "other" })).toMatchObject({
      accepted: false,
      fault: { code: 9001 },
    });
    box.idle = { idle: true };
    await life;
    await toRest();
    expect(box.reports).toHaveLength(1);
  });

  it.each([
    [{ url: "ftp://acs/x" }, 9013],
    [{ commandKey: "k".repeat(65) }, 9003],
    [{ deadline: "tomorrow" }, 9003],
  ])("with %j is refused at once", async (change, code) => {
    await toRest();
    expect(box.engine?.request({ ...order, ...change })).toMatchObject({ accepted: false, fault: { code } });
  });
});

describe("a file that changes on its server", () => {
  it("is judged and fetched anew", async () => {
    box.idle = { idle: false, why: "call", call: true };
    const life = box.boot();
    await until(() => box.stored()?.state === "waiting");
    box.etag = '"2"';
    box.idle = { idle: true };
    expect(await life).toBe("restart");
    expect(box.journal.filter((state) => state === "checking")).toHaveLength(2);
  });
});

function flip(position: number): (image: Buffer) => Buffer {
  return (image) => {
    const flipped = Buffer.from(image);
    const index = position < 0 ? image.length + position : position;
    flipped[index] = (flipped[index] ?? 0) ^ 0x20;
    return flipped;
  };
}

function flipSignature(image: Buffer): Buffer {
  return flip(12 + image.readUInt32LE(8) + 63)(image);
}
