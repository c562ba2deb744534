import { beforeEach, describe, expect, it } from "vitest";
import { createDeviceModel, type DataModel } from "../data-model/index.ts";
import { AttributeTable, type StoredAttributes } from "./attributes.ts";

const software = "Device.DeviceInfo.SoftwareVersion";
const upTime = "Device.DeviceInfo.UpTime";
const interval = "Device.ManagementServer.PeriodicInformInterval";
const callStatus = "Device.Services.VoiceService.1.CallControl.Line.1.CallStatus";

let model: DataModel;
let table: AttributeTable;
let kept: StoredAttributes;
beforeEach(() => {
  model = createDeviceModel({ lines: 1 });
  model.provide(upTime, () => "1");
  kept = {};
  table = new AttributeTable(model, kept, (attributes) => {
    kept = attributes;
  });
});

describe("parameter attributes", () => {
  it("are as declared until the ACS asks otherwise", () => {
    expect([software, callStatus, interval].map((path) => table.notification(path))).toEqual([2, 1, 0]);
    expect(table.read(interval)).toEqual([{ path: interval, notification: 0, accessList: ["Subscriber"] }]);
    expect(kept).toEqual({});
  });

  it("change one by one or below a partial path, and outlive a restart", () => {
    expect(table.apply([{ path: interval, notification: 2, accessList: [] }])).toBeUndefined();
    expect(table.apply([{ path: "Device.ManagementServer.", notification: 1 }])).toBeUndefined();
    const again = new AttributeTable(model, structuredClone(kept), () => undefined);
    expect(again.read(interval)).toEqual([{ path: interval, notification: 1, accessList: [] }]);
    expect(again.notification("Device.ManagementServer.URL")).toBe(1);
    expect(again.notification(callStatus)).toBe(1);
  });

  it("are not kept where they equal the declaration", () => {
    table.apply([{ path: callStatus, notification: 0 }]);
    table.apply([{ path: callStatus, notification: 1, accessList: ["Subscriber"] }]);
    expect(kept).toEqual({});
  });

  it("of a forced active parameter stay: off is refused by name, passed over in a subtree, passive ignored", () => {
    expect(table.apply([{ path: software, notification: 0 }])).toMatchObject({ faultCode: 9009 });
    expect(table.apply([{ path: software, notification: 1 }])).toBeUndefined();
    expect(table.apply([{ path: "Device.", notification: 0 }])).toBeUndefined();
    expect([software, callStatus].map((path) => table.notification(path))).toEqual([2, 0]);
  });

  it.each([
    [3, 0, "passive"],
    [4, 1, "passive"],
    [5, 0, "active"],
    [6, 1, "active"],
  ] as const)("of %i are %i in sessions and %s in lightweight messages", (notification, session, light) => {
    expect(table.light(interval)).toBe("off");
    expect(table.apply([{ path: interval, notification }])).toBeUndefined();
    expect([table.notification(interval), table.light(interval)]).toEqual([session, light]);
    expect(table.read(interval)).toMatchObject([{ notification }]);
    expect(new AttributeTable(model, structuredClone(kept), () => undefined).light(interval)).toBe(light);
  });

  it.each([
    [4, undefined],
    [5, 9009],
    [6, 9009],
  ])("of a lightweight kind, %i, for what changes all the time: %s", (notification, faultCode) => {
    expect(table.apply([{ path: upTime, notification }])?.faultCode).toBe(faultCode);
  });

  it("refuse active notification of what changes all the time, by its name and in a subtree", () => {
    expect(table.apply([{ path: upTime, notification: 2 }])).toMatchObject({ faultCode: 9009 });
    expect(table.apply([{ path: "Device.DeviceInfo.", notification: 2 }])).toMatchObject({ faultCode: 9009 });
    expect(table.apply([{ path: upTime, notification: 1 }])).toBeUndefined();
  });

  it.each<[string, Parameters<AttributeTable["apply"]>[0][number], number]>([
    ["a notification that does not exist", { path: interval, notification: 7 }, 9003],
    ["an unknown entity", { path: interval, accessList: ["Everybody"] }, 9003],
    ["too many entities", { path: interval, accessList: Array<string>(9).fill("X_A") }, 9003],
    ["an unknown name", { path: "Device.Nothing", notification: 1 }, 9005],
    ["an unknown object", { path: "Device.Nothing.", notification: 1 }, 9005],
  ])("refuse %s, and then change nothing", (_name, change, faultCode) => {
    expect(table.apply([{ path: interval, notification: 2 }, change])).toMatchObject({ faultCode });
    expect(table.notification(interval)).toBe(0);
  });

  it("that cannot be kept do not hold", () => {
    table = new AttributeTable(model, {}, () => {
      throw new Error("disk");
    });
    expect(() => table.apply([{ path: interval, notification: 2 }])).toThrow("disk");
    expect(table.notification(interval)).toBe(0);
  });

  it("of a parameter that is gone are forgotten", () => {
    model.addInstance("Device.X_TONALITE_Journal.Entry.", 7);
    const path = "Device.X_TONALITE_Journal.Entry.7.Kind";
    expect(table.apply([{ path, notification: 1 }])).toBeUndefined();
    expect(kept).toEqual({ [path]: { notification: 1 } });
    model.removeInstance("Device.X_TONALITE_Journal.Entry.", 7);
    table.apply([{ path: interval, notification: 0 }]);
    expect(kept).toEqual({});
  });
});
