import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createDeviceModel } from "../core/data-model/index.ts";
import {
  controllerEndpointId,
  createUspAgent,
  decodeMessage,
  decodeRecord,
  encodeMessage,
  encodeRecord,
  unknownCommand,
} from "../core/usp/index.ts";
import { deliverOperations } from "./delivery/operations.ts";
import { systemClock } from "./mqtt/index.ts";
import { SimulatedBox } from "./update/simulation/box.ts";
import { makeImage } from "./update/simulation/image.ts";
import { createChance } from "./update/simulation/power.ts";
import type {
  ActivationOrder,
  OrderAnswer,
  UpdateEngine,
  UpdateOrder,
  UpdatePolicy,
} from "./update/index.ts";
import { operateFirmware } from "./update-usp.ts";

const base = "Device.DeviceInfo.FirmwareImage.";
const policy: UpdatePolicy = { clause: "7.3", deadline: "", force: true, urgent: false, mirrors: [] };

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

describe("a controller that updates a box", () => {
  it("downloads, activates after that, and hears the end of both", async () => {
    const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
    const endpointId = "os::000000-BOX";
    const box = new SimulatedBox(createChance(1), makeImage("2.0.0"));
    box.order = null;
    await box.leaveFactory();
    const usp = createUspAgent({
      model: createDeviceModel({ lines: 1 }),
      endpointId,
      operate: (command, args, commandKey) => {
        const options = { updates: box.engine ?? null, running: box.running.slot, policy: () => policy };
        return operateFirmware(command, args, commandKey, options) ?? unknownCommand(command);
      },
      log: quiet,
      clock: systemClock,
      random: Math.random,
      newMessageId: randomUUID,
    });
    const stored = new Map<string, unknown>();
    const values = {
      get: (key: string) => stored.get(key),
      set: (key: string, value: unknown) => void stored.set(key, value),
      delete: (key: string) => void stored.delete(key),
    };
    const operations = deliverOperations(values, usp, quiet);
    box.onReport = ({ commandKey, outcome }) => {
      const { id, command = "" } = outcome.request;
      operations.complete({ id, command, commandKey, failure: null });
    };
    const messageOf = (bytes: Uint8Array) => {
      const record = decodeRecord(bytes);
      if (record.kind !== "message") throw new Error(record.kind);
      return decodeMessage(record.payload);
    };
    const heard: unknown[] = [];
    usp.connected((bytes) => {
      const message = messageOf(bytes);
      if (message.type === "Notify") heard.push(message.body.operComplete);
    });
    const ask = async (command: string, commandKey: string, inputArgs = {}): Promise<unknown> => {
      const body = { command, commandKey, sendResp: true, inputArgs };
      const payload = encodeMessage({ msgId: randomUUID(), type: "Operate", body });
      const [reply] = await usp.handle(
        encodeRecord({ kind: "message", toId: endpointId, fromId: controllerEndpointId, payload }),
      );
      return reply?.kind === "record" ? messageOf(reply.bytes) : reply;
    };
    const started = { body: { operationResults: [{ reqObjPath: "Device.LocalAgent.Request.1." }] } };

    const first = box.boot();
    await expect.poll(() => box.engine?.view.state).toBe("idle");
    const image = { URL: "http://acs/image", AutoActivate: "false" };
    expect(await ask(`${base}2.Download()`, "k1", image)).toMatchObject(started);
    expect(await first).toBe("rest");
    expect(box.stored()?.state).toBe("available");
    expect(box.running.slot).toBe("a");
    expect(heard).toMatchObject([{ objPath: `${base}2.`, commandName: "Download()", commandKey: "k1" }]);

    expect(await box.boot()).toBe("rest");
    expect(await ask(`${base}1.Activate()`, "k2")).toMatchObject({
      body: { operationResults: [{ cmdFailure: { errCode: 7022 } }] },
    });
    box.activation = { commandKey: "k3", door: "usp", command: `${base}2.Activate()`, force: false };
    expect(await box.boot()).toBe("restart");
    expect(await box.boot()).toBe("rest");
    expect(box.running).toEqual({ slot: "b", version: "2.0.0" });
    expect(heard).toHaveLength(2);
    expect(heard[1]).toMatchObject({ objPath: `${base}2.`, commandName: "Activate()", commandKey: "k3" });
    operations.stop();
    usp.stop();
  });
});
