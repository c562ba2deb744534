import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadProfiles } from "@tonalite/device-profiles/load";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createDeviceModel, type DataModel } from "../../core/data-model/index.ts";
import { openStore, type Store } from "../store/store.ts";
import type { Telephony } from "./contract.ts";
import { silentTelephony } from "./silent.ts";

const service = "Device.Services.VoiceService.1.";
let folder: string;
let store: Store;
let model: DataModel;
let telephony: Telephony;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tonalite-silent-"));
  store = openStore(folder);
  const all = loadProfiles();
  const hardware = all.hardware.get("virtual/sim");
  const defaultRegion = all.regions.get("fr");
  if (!hardware || !defaultRegion) throw new Error("profiles are missing");
  model = createDeviceModel({ lines: 1 });
  telephony = silentTelephony({ model, store, profiles: { ...all, hardware, defaultRegion } });
});
afterEach(() => {
  telephony.stop();
  store.close();
  rmSync(folder, { recursive: true });
});

const registration = (line: number, status: string): void =>
  void store.journal.append("registration", { line, status, code: 0, reason: "", registrar: "" });

describe("the telephony of a box in safe mode", () => {
  it("is idle, dead, and says so in the data model, also when management changes it", async () => {
    expect(telephony.use()).toEqual({ idle: true });
    expect(model.value(`${service}POTS.FXS.1.Status`)).toBe("Error");
    expect(model.value(`${service}SIP.Client.1.Status`)).toBe("Disabled");
    model.write([{ path: `${service}POTS.FXS.1.Enable`, value: "false" }], "cwmp");
    await new Promise((resolve) => setImmediate(resolve));
    expect(model.value(`${service}POTS.FXS.1.Status`)).toBe("Disabled");
    expect(telephony.bench.take(0)).toMatch(/safe mode/);
    expect(() => telephony.bench.offHook(0)).toThrow(/ENODEV/);
  });

  it("counts the lines that were registered last: an update must bring them back", () => {
    registration(1, "Up");
    registration(2, "Up");
    registration(2, "Error_Network");
    registration(3, "Error_Network");
    registration(3, "Up");
    expect(telephony.registeredLines().toSorted((a, b) => a - b)).toEqual([1, 3]);
  });
});
