import { describe, expect, it } from "vitest";
import type { ActivationOrder, OrderAnswer, UpdateEngine, UpdateOrder } from "./update/index.ts";
import { operateFirmware } from "./update-usp.ts";

const base = "Device.DeviceInfo.FirmwareImage.";
const policy = { clause: "7.3", deadline: "", force: true };

function operate(command: string, args: Record<string, string>, answer: OrderAnswer = { accepted: true }) {
  const asked: (UpdateOrder | ActivationOrder)[] = [];
  const take = (order: UpdateOrder | ActivationOrder): OrderAnswer => {
    asked.push(order);
    return answer;
  };
  const updates = { request: take, activate: take } as unknown as UpdateEngine;
  const options = { updates, running: "a" as const, policy: () => policy };
  return { outcome: operateFirmware(command, args, "k", options), asked };
}

describe("Download()", () => {
  it("becomes an order with all that was given", () => {
    const sum = "AB".repeat(32);
    const { outcome, asked } = operate(`${base}2.Download()`, {
      URL: "http://acs/x.img",
      AutoActivate: "true",
      Username: "box",
      Password: "secret",
      FileSize: "1000",
      CheckSumAlgorithm: "SHA-256",
      CheckSum: sum,
    });
    expect(outcome).toEqual({ state: "started", requestPath: "Device.LocalAgent.Request.1." });
    expect(asked).toEqual([
      {
        ...policy,
        url: "http://acs/x.img",
        commandKey: "k",
        door: "usp",
        command: `${base}2.Download()`,
        activate: true,
        username: "box",
        password: "secret",
        fileSize: 1000,
        checksum: { algorithm: "SHA-256", value: sum.toLowerCase() },
      },
    ]);
  });

  it("only installs unless activation is asked for", () => {
    const { asked } = operate(`${base}2.Download()`, { URL: "http://acs/x.img", CheckSum: "" });
    expect(asked[0]).toMatchObject({ activate: false });
    expect(asked[0]).not.toHaveProperty("checksum");
  });

  it.each<[Record<string, string>, RegExp]>([
    [{}, /URL/],
    [{ URL: "http://x/", AutoActivate: "maybe" }, /AutoActivate/],
    [{ URL: "http://x/", FileSize: "-1" }, /FileSize/],
    [{ URL: "http://x/", CheckSumAlgorithm: "MD5" }, /CheckSumAlgorithm/],
    [{ URL: "http://x/", CheckSum: "abcd" }, /CheckSum/],
    [{ URL: "http://x/", CheckSum: "no hex" }, /CheckSum/],
    [{ URL: "http://x/", Colour: "green" }, /Colour/],
  ])("with %j is refused", (args, words) => {
    const { outcome, asked } = operate(`${base}2.Download()`, args);
    expect(outcome).toMatchObject({ state: "failed", code: 7027, message: expect.stringMatching(words) });
    expect(asked).toEqual([]);
  });

  it.each([
    [9001, 7022],
    [9013, 7027],
  ] as const)("that the engine refuses with %i fails with %i", (code, expected) => {
    const answer = { accepted: false, fault: { code, string: "why" } } as const;
    const { outcome } = operate(`${base}2.Download()`, { URL: "ftp://x" }, answer);
    expect(outcome).toEqual({ state: "failed", code: expected, message: "why" });
  });
});

describe("a firmware image's command", () => {
  it("Activate() chooses what is installed", () => {
    const { outcome, asked } = operate(`${base}2.Activate()`, {});
    expect(outcome?.state).toBe("started");
    expect(asked).toEqual([{ ...policy, commandKey: "k", door: "usp", command: `${base}2.Activate()` }]);
    expect(operate(`${base}2.Activate()`, { "TimeWindow.1.Start": "1" }).outcome).toMatchObject({
      code: 7027,
    });
  });

  it("is refused for the active slot, for a slot that is not, and without slots", () => {
    expect(operate(`${base}1.Download()`, { URL: "http://x/" }).outcome).toMatchObject({ code: 7022 });
    expect(operate(`${base}3.Activate()`, {}).outcome).toMatchObject({ code: 7016 });
    const options = { updates: null, running: "a" as const, policy: () => policy };
    expect(operateFirmware(`${base}2.Activate()`, {}, "k", options)).toMatchObject({ code: 7022 });
  });

  it("leaves other commands alone", () => expect(operate("Device.Reboot()", {}).outcome).toBeUndefined());
});
