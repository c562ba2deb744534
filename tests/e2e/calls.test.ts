import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { demoNumber } from "@tonalite/scripts/demo";
import { dial, eventually, hangUp, heardTone, nextCall, openStage, registered } from "./stage.ts";
import type { Stage } from "./stage.ts";

describe("a telephone on a box that provisioned itself", () => {
  let stage: Stage;
  let known = 0;
  beforeAll(async () => {
    stage = await openStage();
    await registered(stage);
  });
  afterAll(() => stage?.close());
  afterEach(async () => {
    await hangUp(stage);
    known = (await stage.calls()).length;
  });

  it("registers over SIP with the account the ACS gave it, and the ACS keeps the history", async () => {
    const device = await stage.device();
    expect(device.lines[0]).toMatchObject({ line: 1, directoryNumber: demoNumber, status: "Up" });
    // The journal reaches the ACS a moment after the line is up.
    const history = async () => stage.registrations();
    await expect
      .poll(async () => (await history()).some((change) => change.line === 1 && change.status === "Up"), {
        timeout: 20_000,
      })
      .toBe(true);
  });

  it("calls out: dial tone, ringing, the far end's echo is heard, and the record is complete", async () => {
    await dial(stage, "9000");
    await eventually("the far end to answer", async () =>
      (await stage.device()).lines[0]?.callStatus === "Connected" ? true : undefined,
    );
    await stage.ata.phone("forget");
    await stage.ata.phone("speak", { frequency: 1000, ms: 8000 });
    const heard = await eventually("the echo of 1000 Hz", async () => {
      const now = await stage.heard();
      return now.tone?.frequencies.some((frequency) => Math.abs(frequency - 1000) < 15) ? now : undefined;
    });
    expect(heard.audio.activeMs).toBeGreaterThan(0);
    // Long enough for a first RTCP exchange, which gives the round trip.
    await new Promise((resolve) => setTimeout(resolve, 6000));
    await hangUp(stage);

    const call = await nextCall(stage, known);
    expect(call).toMatchObject({
      line: 1,
      direction: "outgoing",
      from: demoNumber,
      to: "9000",
      cause: "normal",
      endedBy: "local",
      sipCode: 200,
      codec: "PCMA",
    });
    expect(Date.parse(call.answer ?? "")).toBeGreaterThanOrEqual(Date.parse(call.start));
    expect(Date.parse(call.end)).toBeGreaterThan(Date.parse(call.answer ?? ""));
    expect(call.durationSeconds).toBeGreaterThan(5);
    expect(call.chargeableSeconds).toBe(Math.ceil(call.durationSeconds));
    expect(call.media).toMatchObject({
      lost: 0,
      underruns: expect.any(Number),
      roundTripMs: expect.any(Number),
    });
    expect(call.media?.txPackets).toBeGreaterThan(250);
    expect(call.media?.rxPackets).toBeGreaterThan(250);
    expect(call.terms).toContainEqual({
      provider: "ippi",
      rule: "callDuration",
      clause: "9.6",
      effect: expect.stringContaining("3600"),
    });
  });

  it("rings for an incoming call; the telephone decodes number and name; the caller is heard", async () => {
    await stage.ata.phone("forget");
    const caller = await stage.call({ holdMs: 3000 });
    const ringing = await eventually("ringing with caller ID", async () => {
      const heard = await stage.heard();
      return heard.callerId && heard.rings >= 1 ? heard : undefined;
    });
    expect(ringing.callerId).toMatchObject({ number: "0155501234", name: "Alice Martin" });
    await stage.ata.phone("lift");
    await stage.ata.phone("speak", { frequency: 1200, ms: 2500 });
    await eventually("the caller's echo", async () => {
      const heard = await stage.heard();
      return heard.tone?.frequencies.some((frequency) => Math.abs(frequency - 1200) < 18) ? heard : undefined;
    });
    expect(await caller.child.ended).toBe(0);
    const call = await nextCall(stage, known);
    expect(call).toMatchObject({
      direction: "incoming",
      from: "0155501234",
      to: demoNumber,
      name: "Alice Martin",
      cause: "normal",
      endedBy: "remote",
    });
  });

  it("records a caller who gave up", async () => {
    const caller = await stage.call({ cancelAfterMs: 1500 });
    expect(await caller.child.ended).toBe(0);
    expect(await nextCall(stage, known)).toMatchObject({
      direction: "incoming",
      answer: null,
      endedBy: "remote",
    });
    expect((await stage.heard()).ringing).toBe(false);
  });

  it("is busy for a second caller where call waiting is off, and records the one who did not get through", async () => {
    await dial(stage, "#43#");
    await heardTone(stage, "confirmation");
    await hangUp(stage);
    await dial(stage, "9000");
    await eventually("the far end to answer", async () =>
      (await stage.device()).lines[0]?.callStatus === "Connected" ? true : undefined,
    );
    const second = await stage.call({ caller: "0155505678", refusedWith: 486 });
    expect(await second.child.ended).toBe(0);
    const missed = await nextCall(stage, known);
    expect(missed).toMatchObject({ direction: "incoming", from: "0155505678", cause: "busy", answer: null });
    expect((await stage.device()).lines[0]?.callStatus).toBe("Connected");
    await hangUp(stage);
    await eventually("both records", async () =>
      (await stage.calls()).length === known + 2 ? true : undefined,
    );
  });

  it("plays the busy tone for a busy number", async () => {
    await dial(stage, "9001");
    await heardTone(stage, "busy");
    await hangUp(stage);
    expect(await nextCall(stage, known)).toMatchObject({
      to: "9001",
      cause: "busy",
      sipCode: 486,
      answer: null,
    });
  });

  it("plays the number-unobtainable tones for a wrong number", async () => {
    await dial(stage, "0199999999");
    await heardTone(stage, "number-unobtainable");
    await hangUp(stage);
    expect(await nextCall(stage, known)).toMatchObject({ cause: "wrong-number", sipCode: 404 });
  });

  it("plays ringback while nobody answers, and cancels when the handset goes down", async () => {
    await dial(stage, "9002");
    await heardTone(stage, "ringback");
    await hangUp(stage);
    expect(await nextCall(stage, known)).toMatchObject({ to: "9002", cause: "cancelled", answer: null });
  });

  it("tells the end by the far end", async () => {
    await dial(stage, "9003");
    const call = await nextCall(stage, known);
    expect(call).toMatchObject({ to: "9003", cause: "normal", endedBy: "remote" });
    expect(call.answer).not.toBeNull();
  });

  it("refuses an emergency number at once with a tone of its own, by clause, and records it", async () => {
    await dial(stage, "112");
    await heardTone(stage, "refused");
    await hangUp(stage);
    const call = await nextCall(stage, known);
    expect(call).toMatchObject({ to: "112", cause: "refused-by-terms", answer: null, sipCode: null });
    expect(call.terms).toContainEqual({
      provider: "ippi",
      rule: "refusedNumbers",
      clause: "5.5",
      effect: "refused",
    });
  });
});

describe("a box whose SIP password is wrong", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage({ wrongSipPassword: true });
  });
  afterAll(() => stage?.close());

  it("says so to the ACS, and the telephone has no dial tone but the one for 'not registered'", async () => {
    await eventually(
      "the refused registration in the ACS",
      async () => (await stage.registrations()).find((change) => change.code === 401 || change.code === 403),
      60,
    );
    expect((await stage.device()).lines[0]?.status).toBe("Error_Registration");
    await stage.ata.phone("lift");
    await heardTone(stage, "not-registered");
    await stage.ata.phone("hangup");
  });
});
