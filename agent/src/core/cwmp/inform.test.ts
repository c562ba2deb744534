import { beforeEach, describe, expect, it } from "vitest";
import { createDeviceModel, type DataModel } from "../data-model/index.ts";
import { composeInform } from "./inform.ts";

const table = "Device.ManagementServer.InformParameter.";
let model: DataModel;
beforeEach(() => {
  model = createDeviceModel({ lines: 1 });
});
const wish = (ParameterName: string, EventList = "", Enable = "true") => {
  const row = model.addRow(table);
  if (!row.ok) throw new Error(row.message);
  const changes = Object.entries({ ParameterName, EventList, Enable });
  const result = model.write(
    changes.map(([name, value]) => ({ path: `${table}${row.instance}.${name}`, value })),
    "cwmp",
  );
  if (!result.ok) throw new Error("refused");
};
const told = (...eventCodes: string[]) =>
  composeInform(model, {
    events: eventCodes.map((eventCode) => ({ eventCode, commandKey: "" })),
    changed: [],
    retryCount: 0,
    now: 0,
  }).parameters.map(({ path }) => path);

describe("an Inform", () => {
  it("holds what the ACS wants in it, once, at the events it names", () => {
    wish("Device.DeviceInfo.UpTime");
    wish("Device.DeviceInfo.MemoryStatus.", "2 PERIODIC,M Reboot");
    wish("Device.DeviceInfo.SoftwareVersion", "1");
    wish("Device.DeviceInfo.ModelName", "", "false");
    const boot = told("1 BOOT");
    expect(boot).toContain("Device.DeviceInfo.UpTime");
    expect(boot).not.toContain("Device.DeviceInfo.MemoryStatus.Total");
    expect(boot).not.toContain("Device.DeviceInfo.ModelName");
    expect(boot.filter((path) => path === "Device.DeviceInfo.SoftwareVersion")).toHaveLength(1);
    expect(told("2 PERIODIC")).toContain("Device.DeviceInfo.MemoryStatus.Total");
  });

  it("stays small and whole when the wish is for everything, or for nothing there is", () => {
    const before = told("1 BOOT").length;
    wish("Device.Nothing");
    wish("");
    expect(told("1 BOOT")).toHaveLength(before);
    wish("Device.");
    expect(told("1 BOOT").length).toBeLessThanOrEqual(before + 128);
  });
});
