import { describe, expect, it } from "vitest";
import { createDeviceModel } from "../data-model/index.ts";
import { isWelcome } from "./autonomous.ts";
import type { AutonomousTransferComplete } from "./types.ts";

const transfer: AutonomousTransferComplete = {
  method: "AutonomousTransferComplete",
  announceUrl: "",
  transferUrl: "http://files/x",
  isDownload: true,
  fileType: "1 Firmware Upgrade Image",
  fileSize: 0,
  targetFileName: "",
  fault: { code: 0, string: "" },
  startTime: "2026-11-22T00:00:00Z",
  completeTime: "2026-11-22T00:01:00Z",
};
const failed = { ...transfer, fault: { code: 9010, string: "no" } };

describe("the policy for transfers that nobody asked for", () => {
  const table: [Record<string, string>, AutonomousTransferComplete, boolean][] = [
    [{}, transfer, false],
    [{ Enable: "true" }, transfer, true],
    [{ Enable: "true" }, failed, true],
    [{ Enable: "true", TransferTypeFilter: "Upload" }, transfer, false],
    [{ Enable: "true", TransferTypeFilter: "Download" }, transfer, true],
    [{ Enable: "true", ResultTypeFilter: "Failure" }, transfer, false],
    [{ Enable: "true", ResultTypeFilter: "Failure" }, failed, true],
    [{ Enable: "true", ResultTypeFilter: "Success" }, failed, false],
    [{ Enable: "true", FileTypeFilter: "2 Web Content" }, transfer, false],
    [{ Enable: "true", FileTypeFilter: "2 Web Content, 1 Firmware Upgrade Image" }, transfer, true],
  ];
  it.each(table)("%j", (settings, done, told) => {
    const model = createDeviceModel({ lines: 1 });
    const base = "Device.ManagementServer.AutonomousTransferCompletePolicy.";
    const changes = Object.entries(settings).map(([name, value]) => ({ path: base + name, value }));
    expect(model.write(changes, "cwmp").ok).toBe(true);
    expect(isWelcome(model, done)).toBe(told);
  });
});
