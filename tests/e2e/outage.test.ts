import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dial, eventually, hangUp, heardTone, openStage, registered, sleep } from "./stage.ts";
import type { Stage } from "./stage.ts";

describe("an ACS that is away", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage();
    await registered(stage);
  });
  afterAll(() => stage?.close());

  it("misses a call while it happens, and has its record later, once", async () => {
    await dial(stage, "9000");
    await eventually("the far end to answer", async () =>
      (await stage.device()).lines[0]?.callStatus === "Connected" ? true : undefined,
    );
    await stage.acs.stop();
    await sleep(2000);
    await hangUp(stage);
    // The telephone works without the ACS: that is the point of enforcing and recording on the box.
    await dial(stage, "9001");
    await heardTone(stage, "busy");
    await hangUp(stage);
    await stage.restartAcs();
    const calls = await eventually(
      "both records",
      async () => {
        const found = await stage.calls();
        return found.length >= 2 ? found : undefined;
      },
      90,
    );
    expect(calls.map((call) => call.to).sort()).toEqual(["9000", "9001"]);
    await sleep(3000);
    expect(await stage.calls()).toHaveLength(2);
    expect(new Set((await stage.journal()).map((entry) => entry.id)).size).toBe(
      (await stage.journal()).length,
    );
  });

  it("is killed together with the box in mid-call: the interrupted call is recorded, once", async () => {
    const known = (await stage.calls()).length;
    await dial(stage, "9000");
    await eventually("the far end to answer", async () =>
      (await stage.device()).lines[0]?.callStatus === "Connected" ? true : undefined,
    );
    await stage.ata.stop("SIGKILL");
    await sleep(500);
    stage.restartAta();
    const call = await eventually(
      "the interrupted call's record",
      async () => {
        const calls = await stage.calls();
        return calls.length > known ? calls[0] : undefined;
      },
      60,
    );
    expect(call).toMatchObject({ to: "9000", cause: "error", endedBy: "device" });
  });
});
