import { loadProfiles } from "@tonalite/device-profiles/load";
import { describe, expect, it } from "vitest";
import { createDeviceModel } from "../data-model/index.ts";
import { faxSetup } from "./fax.ts";

const { providers } = loadProfiles();
const service = "Device.Services.VoiceService.1.";
const port = "POTS.FXS.1.";
const t38 = "VoIPProfile.1.FaxT38.";

function setup(values: Record<string, string>, provider: string | null = null) {
  const model = createDeviceModel({ lines: 1 });
  const changes = Object.entries(values).map(([name, value]) => ({ path: service + name, value }));
  expect(model.write(changes, "cwmp")).toMatchObject({ ok: true });
  const network = `${service}SIP.Network.1.`;
  return faxSetup(0, network, (path) => model.value(path), {
    provider: provider === null ? null : providers.get(provider)!,
  });
}

describe("how a line's faxes go", () => {
  it("is by T.38, as fast as version 0 knows, with error correction", () => {
    expect(setup({})).toEqual({
      mode: "t38",
      maxBitRate: 14_400,
      errorCorrection: true,
      lowRedundancy: 3,
      highRedundancy: 1,
    });
  });

  it.each([
    [{ [`${t38}X_TONALITE_Enable`]: "false" }, "pass-through"],
    [{ [`${t38}X_TONALITE_Enable`]: "false", [`${port}FaxPassThrough`]: "Disable" }, "pass-through"],
    [
      {
        [`${t38}X_TONALITE_Enable`]: "false",
        [`${port}FaxPassThrough`]: "Disable",
        [`${port}ModemPassThrough`]: "Disable",
      },
      "off",
    ],
    [{ [`${port}FaxPassThrough`]: "Force" }, "always"],
    [{ [`${port}ModemPassThrough`]: "Force" }, "always"],
  ])("%j: %s", (values, mode) => expect(setup(values).mode).toBe(mode));

  it("keeps within the terms: Voxbi 13.7", () => {
    expect(setup({}, "voxbi")).toMatchObject({ mode: "off", maxBitRate: 9600 });
    const validated = { [`${port}X_TONALITE_FaxValidated`]: "true" };
    expect(setup(validated, "voxbi")).toMatchObject({ mode: "t38", maxBitRate: 9600 });
    expect(setup({ ...validated, [`${t38}MaxBitRate`]: "4800" }, "voxbi").maxBitRate).toBe(4800);
    expect(setup({ [`${t38}MaxBitRate`]: "0" }).maxBitRate).toBe(0);
    expect(setup({}, "ippi").mode).toBe("t38");
  });

  it("takes the settings of the profile that the network names", () => {
    expect(
      setup({
        [`${t38}HighSpeedRedundancy`]: "3",
        [`${t38}LowSpeedRedundancy`]: "5",
        [`${t38}X_TONALITE_ErrorCorrection`]: "false",
      }),
    ).toMatchObject({ highRedundancy: 3, lowRedundancy: 5, errorCorrection: false });
  });
});
