import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { dial, eventually, hangUp, heardTone, nextCall, openStage, registered } from "./stage.ts";
import type { Heard, Stage } from "./stage.ts";

/** What a subscriber does at the telephone, and what the provider sees of it. */
describe("services at the telephone", () => {
  let stage: Stage;
  let known = 0;
  beforeAll(async () => {
    stage = await openStage();
    await registered(stage);
  });
  afterAll(() => stage?.close());
  afterEach(async () => {
    await hangUp(stage);
    await eventually("the line to be idle for the provider", async () =>
      (await stage.device()).lines[0]?.callStatus === "Idle" ? true : undefined,
    );
    known = (await stage.calls()).length;
  });

  const connected = (): Promise<true> =>
    eventually("the far end to answer", async () =>
      (await stage.device()).lines[0]?.callStatus === "Connected" ? true : undefined,
    );
  const heard = (what: string, seen: (now: Heard) => boolean): Promise<Heard> =>
    eventually(what, async () => {
      const now = await stage.heard();
      return seen(now) ? now : undefined;
    });
  /** The far end sends everything back: a tone spoken is a tone heard. */
  const speaksAndHears = async (frequency: number): Promise<void> => {
    await stage.ata.phone("forget");
    await stage.ata.phone("speak", { frequency, ms: 8000 });
    await heard(`${frequency} Hz to come back`, ({ tone }) =>
      (tone?.frequencies ?? []).some((one) => Math.abs(one - frequency) < frequency * 0.015),
    );
    await stage.ata.phone("speak", { frequency: 0, ms: 0 });
  };
  const code = async (keys: string): Promise<void> => {
    await dial(stage, keys);
    await heardTone(stage, "confirmation");
    await hangUp(stage);
  };

  it("a rotary dial calls like keys do", async () => {
    await stage.ata.phone("forget");
    await stage.ata.phone("lift");
    await heardTone(stage, "dial");
    await stage.ata.phone("pulse", { digits: "9000" });
    await connected();
    await hangUp(stage);
    expect(await nextCall(stage, known)).toMatchObject({ to: "9000", cause: "normal" });
  });

  it("calls are forwarded by a code, the dial tone reminds of it, and each has its record", async () => {
    await code("*21*0145678901#");
    await stage.ata.phone("lift");
    await heardTone(stage, "special-dial");
    await hangUp(stage);
    const caller = await stage.call({ caller: "0155501234", refusedWith: 302 });
    expect(await caller.child.ended).toBe(0);
    expect(await nextCall(stage, known)).toMatchObject({
      direction: "incoming",
      from: "0155501234",
      cause: "forwarded",
      answer: null,
    });
    expect((await stage.heard()).rings).toBe(0);
    await stage.ata.phone("lift");
    await heardTone(stage, "special-dial");
    await stage.ata.phone("dial", { keys: "#21#" });
    await heardTone(stage, "confirmation");
    await hangUp(stage);
    await stage.ata.phone("lift");
    await heardTone(stage, "dial");
  });

  it("a second caller knocks, is shown, and is taken with R 2; R 2 goes back", async () => {
    await dial(stage, "9000");
    await connected();
    await stage.ata.phone("forget");
    const second = await stage.call({ caller: "0155505678", callerName: "Zoe Martin", holdMs: 60_000 });
    // The far end is silent: what sounds is the line's own. It comes again every ten seconds.
    await heard("the tone of a waiting call", ({ tone }) =>
      (tone?.frequencies ?? []).some((one) => Math.abs(one - 440) < 5),
    );
    const told = await heard("who knocks", ({ callerId }) => callerId !== null);
    expect(told.callerId).toMatchObject({ number: "0155505678", name: "Zoe Martin" });
    await speaksAndHears(900);
    await stage.ata.phone("flash", { ms: 200 });
    await heardTone(stage, "special-dial");
    await stage.ata.phone("dial", { keys: "2" });
    await speaksAndHears(1100);
    await stage.ata.phone("flash", { ms: 200 });
    await heardTone(stage, "special-dial");
    await stage.ata.phone("dial", { keys: "1" });
    expect(await second.child.ended).toBe(0);
    await speaksAndHears(1300);
    await hangUp(stage);
    await eventually("both records", async () =>
      (await stage.calls()).length === known + 2 ? true : undefined,
    );
    const [one, two] = await stage.calls();
    expect([one?.cause, two?.cause]).toEqual(["normal", "normal"]);
  });

  it("the last caller is called back, under the provider's terms", async () => {
    const caller = await stage.call({ caller: "0155501234", cancelAfterMs: 1500 });
    expect(await caller.child.ended).toBe(0);
    await eventually("the missed call's record", async () =>
      (await stage.calls()).length === known + 1 ? true : undefined,
    );
    await dial(stage, "3131");
    const back = await nextCall(stage, known + 1);
    expect(back).toMatchObject({ direction: "outgoing", to: "0155501234" });
    expect(back.terms).toContainEqual(expect.objectContaining({ clause: "9.6" }));
  });
});
