import { expect, it, vi } from "vitest";
import { InFlight } from "./in-flight.ts";
import { type DeviceNotify, NotifyIntake } from "./notify-intake.ts";
import { Presence } from "./presence.ts";

const log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
const notify = (messageId: string): DeviceNotify => ({
  messageId,
  subscriptionId: "",
  kind: "value-change",
  path: "p",
  value: "v",
});

it("commits are bounded in number and time, and a repeat of a kept one is not committed again", async () => {
  const gates: (() => void)[] = [];
  const onNotify = vi.fn(() => new Promise<void>((resolve) => gates.push(resolve)));
  const intake = new NotifyIntake({ onNotify, log, maximumAtOnce: 2, commitTimeoutMs: 50 });
  const first = intake.take("os::A", notify("1"));
  const second = intake.take("os::B", notify("1"));
  expect(await intake.take("os::A", notify("2"))).toBe(false);
  expect(await intake.take("os::A", notify("1"))).toBe(false);
  expect(intake.dropped).toBe(1);
  gates[0]?.();
  expect(await first).toBe(true);
  expect(await second).toBe(false);
  expect(intake).toMatchObject({ failed: 1, inProgress: 0 });
  expect(await intake.take("os::A", notify("1"))).toBe(true);
  expect(onNotify).toHaveBeenCalledTimes(2);
});

it("requests in flight are bounded, and an answer counts only from the box that was asked", async () => {
  const inFlight = new InFlight(1);
  const request = { endpointId: "os::A", messageId: "1", expected: "NotifyResp", timeoutMs: 1000 } as const;
  const answer = inFlight.expect(request);
  expect(() => inFlight.expect({ ...request, messageId: "2" })).toThrow(
    expect.objectContaining({ code: "TOO_MANY" }),
  );
  const message = { msgId: "1", type: "NotifyResp", body: { subscriptionId: "" } } as const;
  expect(inFlight.answer("os::B", message)).toBe(false);
  expect(inFlight.answer("os::A", message)).toBe(true);
  expect(await answer).toBe(message);
  const stopped = inFlight.expect(request);
  inFlight.stop();
  await expect(stopped).rejects.toMatchObject({ code: "STOPPED" });
});

it("presence: a retained record is believed until the box does not answer; one that was heard stays", () => {
  const told: [string, boolean][] = [];
  const presence = new Presence((endpointId, online) => void told.push([endpointId, online]), log);
  presence.set("os::old", true, false);
  presence.set("os::new", true, true);
  presence.set("os::new", true, false);
  presence.unanswered("os::old");
  presence.unanswered("os::new");
  expect([presence.isOnline("os::old"), presence.isOnline("os::new"), presence.isOnline("os::x")]).toEqual([
    false,
    true,
    undefined,
  ]);
  presence.clear();
  expect(told).toEqual([
    ["os::old", true],
    ["os::new", true],
    ["os::old", false],
    ["os::new", false],
  ]);
});
