import { loadProfiles } from "@tonalite/device-profiles/load";
import { describe, expect, it } from "vitest";
import { createDeviceModel } from "../data-model/index.ts";
import { dialPlan, readTerms } from "./index.ts";

const plan = "Device.Services.VoiceService.1.CallControl.NumberingPlan.1.";

describe("the digit map", () => {
  it("that management switches off leaves the region's numbers", () => {
    const profiles = loadProfiles();
    const hardware = profiles.hardware.get("virtual/sim") ?? expect.fail("no virtual box");
    const defaultRegion = profiles.regions.get("fr") ?? expect.fail("no France");
    const model = createDeviceModel({ lines: 1 });
    const value = (path: string) => model.value(path);
    const { terms } = readTerms(value, { ...profiles, hardware, defaultRegion });
    model.write([{ path: `${plan}X_TONALITE_DigitMap`, value: "9xxx" }], "cwmp");
    expect(dialPlan(value, terms).plan.map).not.toBeNull();
    model.write([{ path: `${plan}X_TONALITE_DigitMapEnable`, value: "false" }], "cwmp");
    expect(dialPlan(value, terms)).toMatchObject({ plan: { map: null }, problem: null });
  });
});
