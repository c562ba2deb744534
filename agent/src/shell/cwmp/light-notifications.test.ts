import { createHmac } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AttributeTable } from "../../core/cwmp/index.ts";
import { createDeviceModel, type DataModel } from "../../core/data-model/index.ts";
import { watchLight } from "./light-notifications.ts";
import { managementSettings } from "./settings.ts";

const server = "Device.ManagementServer.";
const status = "Device.Services.VoiceService.1.SIP.Client.1.Status";
const callStatus = "Device.Services.VoiceService.1.CallControl.Line.1.CallStatus";

let acs: Socket;
let heard: string[];
let model: DataModel;
let attributes: AttributeTable;
let due: (() => void)[];
let warned: string[];
let stop: () => void;
beforeEach(async () => {
  heard = [];
  warned = [];
  due = [];
  acs = createSocket("udp4", (datagram) => void heard.push(datagram.toString()));
  acs.bind(0, "127.0.0.1");
  await once(acs, "listening");
  model = createDeviceModel({ lines: 1 });
  for (const [name, value] of [
    ["DeviceInfo.ManufacturerOUI", "00AABB"],
    ["DeviceInfo.ProductClass", "ATA"],
    ["DeviceInfo.SerialNumber", "1"],
    ["ManagementServer.URL", "http://127.0.0.1/acs"],
    ["ManagementServer.Username", "box"],
    ["ManagementServer.Password", "secret"],
    ["ManagementServer.LightweightNotificationProtocolsUsed", "UDP"],
    ["ManagementServer.UDPLightweightNotificationPort", String(acs.address().port)],
  ] as const)
    model.publish(`Device.${name}`, value);
  attributes = new AttributeTable(model, {}, () => undefined);
  const log = {
    debug() {},
    info() {},
    warn: (_: object, text: string) => void warned.push(text),
    error() {},
  };
  stop = watchLight({
    view: model,
    attributes,
    settings: managementSettings(model),
    clock: {
      now: () => 1_795_000_000_000,
      after: (_wait, task) => {
        due.push(task);
        return () => void (due = due.filter((other) => other !== task));
      },
    },
    log,
  });
});
afterEach(() => {
  stop();
  acs.close();
});
const pass = (): void => {
  for (const task of due.splice(0)) task();
};
function ask(path: string, notification: number): void {
  expect(attributes.apply([{ path, notification }])).toBeUndefined();
}

describe("lightweight notifications", () => {
  it("tell an active change, signed, with the passive ones that waited", async () => {
    ask(status, 5);
    ask(callStatus, 3);
    model.publish(callStatus, "Connected");
    expect(due).toHaveLength(0);
    model.publish(status, "Up");
    model.publish(status, "Quiescent");
    pass();
    await expect.poll(() => heard).toHaveLength(1);
    const [head = "", body = ""] = (heard[0] ?? "").split("\r\n\r\n");
    const signature = createHmac("sha1", "secret").update(body).digest("hex").toUpperCase();
    expect(head).toContain(`\r\nSignature: ${signature}`);
    expect(head).toContain("\r\nHost: 127.0.0.1\r\n");
    expect(head).toContain(`\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`);
    expect(body).toContain("<TS>1795000000</TS><UN>box</UN>");
    expect(body).toContain(`<Name>${callStatus}</Name><Value xsi:type="xsd:string">Connected</Value>`);
    expect(body).toContain(`<Name>${status}</Name><Value xsi:type="xsd:string">Quiescent</Value>`);
    expect(body).not.toContain("secret");
  });

  it("are a new message each, under a nonce of its own", async () => {
    ask(status, 6);
    for (const value of ["Up", "Quiescent"]) {
      model.publish(status, value);
      pass();
    }
    await expect.poll(() => heard).toHaveLength(2);
    const nonces = heard.map((message) => /<CN>(.+)<\/CN>/.exec(message)?.[1]);
    expect(new Set(nonces).size).toBe(2);
  });

  it.each<[string, () => void]>([
    ["the ACS did not ask for it", () => ask(status, 2)],
    ["UDP is not used", () => model.publish(`${server}LightweightNotificationProtocolsUsed`, "")],
    ["CWMP is off", () => model.publish(`${server}EnableCWMP`, "false")],
    ["nothing could vouch for it", () => model.publish(`${server}Password`, "")],
    ["there is no ACS", () => model.publish(`${server}URL`, "")],
  ])("are not sent when %s", (_why, prepare) => {
    ask(status, 5);
    prepare();
    model.publish(status, "Up");
    expect(due).toHaveLength(0);
  });

  it("do not tell the ACS what it set itself", () => {
    const interval = `${server}PeriodicInformInterval`;
    ask(interval, 5);
    model.write([{ path: interval, value: "77" }], "cwmp");
    expect(due).toHaveLength(0);
    model.write([{ path: interval, value: "78" }], "cli");
    expect(due).toHaveLength(1);
  });

  it("leave out what no datagram carries", async () => {
    const digits = "Device.Services.VoiceService.1.CallControl.NumberingPlan.1.X_TONALITE_DigitMap";
    ask(digits, 3);
    ask(status, 5);
    model.publish(digits, "<".repeat(2048));
    model.publish(status, "Up");
    pass();
    await expect.poll(() => heard).toHaveLength(1);
    expect(heard[0]).toContain(status);
    expect(warned).toEqual(["cwmp: a value is too long for a lightweight notification"]);
  });

  it("survive a host that does not exist", async () => {
    model.publish(`${server}UDPLightweightNotificationHost`, "nowhere.invalid");
    ask(status, 5);
    model.publish(status, "Up");
    pass();
    model.publish(`${server}UDPLightweightNotificationHost`, "127.0.0.1");
    model.publish(status, "Quiescent");
    pass();
    await expect.poll(() => heard).toHaveLength(1);
  });
});
