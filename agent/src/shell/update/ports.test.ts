import { createHash } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { updateState } from "../../core/update/index.ts";
import { SimulatedBox } from "./simulation/box.ts";
import { makeImage } from "./simulation/image.ts";
import { createChance } from "./simulation/power.ts";
import { Rejection, TemporaryFailure } from "./rejection.ts";
import type { OfferedImage } from "./options.ts";

const image = makeImage("2.0.0");
const sha256 = createHash("sha256").update(image).digest("hex");
let box: SimulatedBox;
const judgeKept = async (): Promise<void> => await Promise.reject(new Error("nothing was kept"));
const toRest = async (): Promise<void> => {
  while ((await box.boot()) !== "rest");
};
beforeEach(async () => {
  box = new SimulatedBox(createChance(1), image);
  await box.leaveFactory();
});

describe("whoever publishes releases", () => {
  it("is asked about the image before anything but its header is fetched", async () => {
    const asked: OfferedImage[] = [];
    box.release = {
      judgeKept,
      judge: async (offered) => {
        asked.push(offered);
        throw new Rejection("IMAGE_UNTRUSTED", "no release has this image", offered.image.version);
      },
    };
    await toRest();
    expect(asked).toHaveLength(1);
    expect(asked[0]?.image).toMatchObject({ version: "2.0.0", size: image.length });
    expect(box.stored()).toMatchObject({ state: "rejected", code: "IMAGE_UNTRUSTED" });
    expect(box.journal).toEqual(["checking", "rejected"]);
  });

  it("is asked again while it cannot be reached", async () => {
    let silent = 3;
    box.release = {
      judgeKept,
      judge: async () => {
        if (silent-- > 0) throw new TemporaryFailure("SERVER_UNREACHABLE", "nobody answers");
        return await Promise.resolve({ fileSha256: sha256 });
      },
    };
    await toRest();
    expect(box.stored()?.state).toBe("committed");
  });

  it("has the last word on the whole file", async () => {
    box.release = { judgeKept, judge: async () => await Promise.resolve({ fileSha256: "0".repeat(64) }) };
    await toRest();
    expect(box.stored()).toMatchObject({ state: "rejected", code: "IMAGE_UNTRUSTED" });
    expect(box.journal).not.toContain("installing");
  });
});

describe("a supply of bytes that the box has", () => {
  it("answers in the server's place", async () => {
    const fetched: number[] = [];
    box.supply = {
      prepare: async ({ source }) =>
        await Promise.resolve({
          open: async (request) => {
            fetched.push(request.start);
            return await source.transport.open(request);
          },
        }),
    };
    await toRest();
    expect(fetched).toEqual([0]);
    expect(box.stored()?.state).toBe("committed");
  });
});

describe("the record of an update", () => {
  it("is read by an agent that does not know all of it", () => {
    const later = {
      state: "trial",
      request: {
        id: "u1",
        url: "http://acs/x",
        commandKey: "",
        clause: null,
        deadline: null,
        force: true,
        a: 1,
      },
      from: "1.0.0",
      home: "a",
      startedAt: "2026-01-01T00:00:00Z",
      restarts: 0,
      lines: [1],
      image: { version: "2.0.0", securityFloor: 0, b: 2 },
      c: 3,
    };
    expect(updateState.parse(later)).toMatchObject({ state: "trial", image: { version: "2.0.0" } });
  });
});
