import { describe, expect, it } from "vitest";
import { createDeviceModel } from "../../core/data-model/index.ts";
import type { JournalEntry } from "../../core/records/index.ts";
import { configurationFile } from "./configuration-file.ts";
import { logFile } from "./log-file.ts";

const entry = (kind: string, data: object) =>
  ({ id: "1", sequence: 1, kind, time: "2026-11-22T00:00:00Z", data }) as unknown as JournalEntry;

describe("the vendor log file", () => {
  it("names the box and holds its journal, without whom it called", () => {
    const model = createDeviceModel({ lines: 1 });
    model.publish("Device.DeviceInfo.SerialNumber", "00-1");
    const pending = () => [
      entry("system", { what: "boot", detail: "" }),
      entry("call", { to: "0612345678" }),
      entry("refusal", { to: "0612345679" }),
    ];
    const lines = logFile(model, { pending }).trim().split("\n");
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain("00-1");
    expect(lines[1]).toContain('"boot"');
  });
});

describe("the vendor configuration file", () => {
  it("holds what can be set, no secret, and one line a parameter whatever its value", () => {
    const model = createDeviceModel({ lines: 1 });
    model.publish("Device.Services.VoiceService.1.SIP.Client.1.AuthPassword", "hidden-secret");
    model.publish("Device.DeviceInfo.ProvisioningCode", "a\nb");
    const text = configurationFile(model);
    expect(text).not.toContain("hidden-secret");
    expect(text).toContain('Device.DeviceInfo.ProvisioningCode="a\\nb"\n');
    expect(text).not.toContain("UpTime");
  });
});
