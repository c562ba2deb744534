import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { decodeEnvelope, type Download, encodeEnvelope } from "../../core/cwmp/index.ts";
import { ClientRig, server, status } from "./client-rig.ts";
import type { Answer } from "./scripted-acs.ts";

let box: ClientRig;
beforeEach(async () => {
  box = new ClientRig();
  await box.open();
});
afterEach(() => box.close());

describe("the CWMP client", () => {
  it("introduces itself, over one connection, and is not forgotten by a restart", async () => {
    await box.client.start();
    await box.settle(2);
    expect(box.codes(0)).toEqual(["0 BOOTSTRAP", "1 BOOT"]);
    expect(box.informs[0]).toMatchObject({
      deviceId: { manufacturer: "Tonalite", oui: "00AABB", productClass: "ATA", serialNumber: "0001" },
      currentTime: "2026-11-22T00:00:00Z",
      retryCount: 0,
    });
    expect(box.informs[0]?.parameters.map(({ path }) => path)).toEqual(
      expect.arrayContaining([
        "Device.RootDataModelVersion",
        "Device.DeviceInfo.SoftwareVersion",
        "Device.ManagementServer.ParameterKey",
        "Device.ManagementServer.ConnectionRequestURL",
        status,
      ]),
    );
    expect(box.acs.seen[1]).toMatchObject({ body: "", socket: 1 });
    await box.client.stop();
    box.renew();
    await box.client.start();
    await box.settle(4);
    expect(box.codes(1)).toEqual(["1 BOOT"]);
  });

  it("answers the RPCs of the ACS one after another in one session", async () => {
    box.requests = [
      { method: "GetRPCMethods" },
      {
        method: "SetParameterValues",
        parameters: [{ path: `${server}PeriodicInformInterval`, value: "60", type: "unsignedInt" }],
        parameterKey: "k1",
      },
      { method: "GetParameterValues", names: [`${server}ParameterKey`, `${server}PeriodicInformInterval`] },
      { method: "GetParameterNames", path: "Device.", nextLevel: true },
    ];
    await box.client.start();
    await box.settle(6);
    expect(box.said.slice(1)).toMatchObject([
      {
        method: "GetRPCMethodsResponse",
        methods: expect.arrayContaining(["Download", "Reboot"]) as string[],
      },
      { method: "SetParameterValuesResponse", status: 0 },
      { method: "GetParameterValuesResponse", parameters: [{ value: "k1" }, { value: "60" }] },
      { method: "GetParameterNamesResponse" },
    ]);
    expect(decodeEnvelope(box.acs.seen[2]?.body ?? "").id).toBe("request-3");
  });

  it("hands a Download to the update engine and reports its outcome until it is confirmed", async () => {
    const asked: Download = {
      method: "Download",
      commandKey: "job",
      fileType: "1 Firmware Upgrade Image",
      url: "http://127.0.0.1/firmware/x",
      username: "u",
      password: "p",
      fileSize: 1,
      targetFileName: "",
      delaySeconds: 0,
      successUrl: "",
      failureUrl: "",
    };
    box.requests = [asked];
    await box.client.start();
    await box.settle(3);
    expect(box.downloads).toEqual([asked]);
    expect(box.lastSaid).toMatchObject({ method: "DownloadResponse", status: 1 });

    // The outcome may still ride along in the session that asked for it: what fails is its first telling, wherever.
    let told = 0;
    box.trouble = (_index, body) =>
      body.includes("TransferComplete>") && told++ === 0 ? { status: 500 } : undefined;
    const outcome = {
      commandKey: "job",
      fault: { code: 9018, string: "hash differs" },
      startTime: "2026-11-22T00:00:00Z",
      completeTime: "2026-11-22T00:00:01Z",
    };
    box.client.transferComplete(outcome);
    expect(box.store).toContainEqual({ kind: "transfer", ...outcome });
    await expect.poll(() => box.clock.pending).toContain(7500);
    box.clock.advance(7500);
    await expect.poll(() => box.lastSaid).toEqual({ method: "TransferComplete", ...outcome });
    expect(told).toBe(2);
    expect(box.informs.at(-1)).toMatchObject({
      events: [{ eventCode: "7 TRANSFER COMPLETE" }, { eventCode: "M Download" }],
      retryCount: 1,
    });
    await expect.poll(() => box.store).toEqual([{ kind: "acs", url: box.model.value(`${server}URL`) }]);
  });

  it("reboots after the session, and tells why after the restart", async () => {
    box.requests = [{ method: "Reboot", commandKey: "why" }];
    await box.client.start();
    await expect.poll(() => box.done).toEqual(["reboot why"]);
    expect(box.lastSaid).toEqual({ method: "RebootResponse" });
    await box.client.stop();
    box.renew();
    await box.client.start();
    await box.settle(5);
    expect(box.informs[1]?.events).toEqual([
      { eventCode: "1 BOOT", commandKey: "" },
      { eventCode: "M Reboot", commandKey: "why" },
    ]);
  });

  it("forgets everything when told to", async () => {
    box.requests = [{ method: "FactoryReset" }];
    await box.client.start();
    await expect.poll(() => box.done).toEqual(["factory reset"]);
  });

  it("moves to another ACS and introduces itself there", async () => {
    await box.client.start();
    await box.settle(2);
    box.model.write([{ path: `${server}URL`, value: `${box.model.value(`${server}URL`)}other` }], "cwmp");
    await box.settle(4);
    expect(box.acs.seen[2]?.url).toBe("/other");
    expect(box.codes(1)).toEqual(["0 BOOTSTRAP"]);
  });

  it("is quiet while CWMP is disabled", async () => {
    box.model.publish(`${server}EnableCWMP`, "false");
    await box.client.start();
    box.client.informNow("2 PERIODIC");
    expect(box.acs.seen).toHaveLength(0);
    box.model.publish(`${server}EnableCWMP`, "true");
    await box.settle(2);
    expect(box.codes(0)).toEqual(["0 BOOTSTRAP", "1 BOOT", "2 PERIODIC"]);
  });

  it.each<[string, Answer]>([
    ["an HTTP error", { status: 503 }],
    ["garbage", { body: "<html>" }],
    ["a page", { body: "<html/>" }],
    ["nothing", { status: 204 }],
    ["a dropped connection", { hangUp: true }],
    ["a body without end", { body: "x".repeat(5 * 1024 * 1024) }],
  ])("takes %s for a failure, and tries again with the same events", async (_name, bad) => {
    box.trouble = (index) => (index === 0 ? bad : undefined);
    await box.client.start();
    await expect.poll(() => box.clock.pending).toContain(7500);
    box.clock.advance(7500);
    await box.settle(3);
    expect(box.informs.at(-1)).toMatchObject({
      retryCount: 1,
      events: [{ eventCode: "0 BOOTSTRAP" }, { eventCode: "1 BOOT" }],
    });
  });

  it("answers an RPC it does not know with 9000", async () => {
    box.trouble = (index) =>
      index === 1
        ? {
            body: encodeEnvelope({
              id: "x",
              namespace: "urn:dslforum-org:cwmp-1-0",
              body: { method: "FactoryReset" },
            }).replaceAll("FactoryReset", "ChangeDUState"),
          }
        : undefined;
    await box.client.start();
    await box.settle(3);
    expect(box.lastSaid).toMatchObject({ method: "Fault", faultCode: 9000, soapCode: "Server" });
    expect(decodeEnvelope(box.acs.seen[2]?.body ?? "").id).toBe("x");
  });
});
