import type { Command, NetworkTest } from "@tonalite/acs/api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dial, eventually, hangUp, heardTone, openStage, registered } from "./stage.ts";
import type { Stage } from "./stage.ts";

describe("support staff testing a telephone from afar", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage();
    await registered(stage);
  });
  afterAll(() => stage?.close());

  const at = (): string => `/api/devices/${encodeURIComponent(stage.deviceId)}/tests`;
  async function test(order: { test: NetworkTest["test"]; [name: string]: unknown }): Promise<NetworkTest> {
    const asked = new Date().toISOString();
    await stage.acs.api.post<Command>(at(), order);
    return eventually(
      `the result of the ${order.test} test`,
      async () => {
        const { items } = await stage.acs.api.get<{ items: NetworkTest[] }>(at());
        return items.find(
          (found) => found.test === order.test && found.state !== "Requested" && found.updatedAt > asked,
        );
      },
      60,
    );
  }
  const words = ({ results }: NetworkTest): string => results["Result"] ?? "";

  it("has the box call an echo, and reads loss, delay and quality", async () => {
    const { results, state } = await test({ test: "echo-call", number: "9000", seconds: 4 });
    expect(state).toBe("Complete");
    expect(results["Result"]).toMatch(
      /^9000 answered after \d+ ms; the echo came back \d of \d times, after \d+ ms; 0\.0 %/,
    );
    expect(Number(results["BurstsHeard"])).toBeGreaterThanOrEqual(3);
    expect(Number(results["PacketsReceived"])).toBeGreaterThan(100);
    // It is no call of the subscriber's.
    expect(await stage.calls()).toEqual([]);
  });

  it("is told who does not answer, and what the terms do not let it call", async () => {
    expect(words(await test({ test: "echo-call", number: "9001", seconds: 2 }))).toMatch(
      /9001 was not reached: 486/,
    );
    expect(words(await test({ test: "echo-call", number: "112", seconds: 2 }))).toMatch(/emergency/);
  });

  it("follows a registration step by step, and the line stays registered", async () => {
    const { results, state } = await test({ test: "registration" });
    expect(state).toBe("Complete");
    expect(results["Result"]).toMatch(
      /^The line registers: after \d+ ms asks sip:.*registered for \d+ s \(200/,
    );
    expect((await stage.device()).lines[0]?.status).toBe("Up");
  });

  it("rings the telephone, and learns whether it was lifted", async () => {
    expect(words(await test({ test: "ring" }))).toMatch(/^The line rang; nobody lifted/);
    const pending = test({ test: "ring" });
    await eventually("the bell", async () => ((await stage.heard()).ringing ? true : undefined), 30);
    await stage.ata.phone("lift");
    expect(words(await pending)).toMatch(/the loop closes/);
    await heardTone(stage, "dial");
    expect(words(await test({ test: "line" }))).toMatch(/off its hook.*Not supported/);
    await hangUp(stage);
    expect(words(await test({ test: "line" }))).toMatch(/on its hook/);
  });

  it("never disturbs a handset that is off, nor a call, and makes way for one that comes", async () => {
    await dial(stage, "9000");
    await eventually("the call", async () =>
      (await stage.device()).lines[0]?.callStatus === "Connected" ? true : undefined,
    );
    for (const order of [{ test: "ring" }, { test: "echo-call", number: "9000" }] as const)
      expect(words(await test(order))).toMatch(/in use/);
    expect((await stage.device()).lines[0]?.callStatus).toBe("Connected");
    await hangUp(stage);
  });

  it("makes way for a call that comes in, and for whoever lifts the handset", async () => {
    const cutShort = test({ test: "echo-call", number: "9000", seconds: 30 });
    await stage.ata.phone("forget");
    const caller = await stage.call({ cancelAfterMs: 4000 });
    await eventually("the bell", async () => ((await stage.heard()).ringing ? true : undefined));
    expect(words(await cutShort)).toMatch(/cut short for the subscriber|made way|in use/);
    expect(await caller.child.ended).toBe(0);
    const again = test({ test: "echo-call", number: "9000", seconds: 30 });
    await stage.ata.phone("lift");
    await heardTone(stage, "dial");
    expect(words(await again)).toMatch(/cut short for the subscriber|made way|in use/);
    await hangUp(stage);
  });
});
