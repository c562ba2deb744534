import { beforeEach, describe, expect, it } from "vitest";
import { createDeviceModel, type DataModel } from "../data-model/index.ts";
import { chosenCodecs, chosenNetwork, provisionLine } from "./index.ts";

const service = "Device.Services.VoiceService.1.";
const anyTerms = { provider: null, laboratory: null };
let model: DataModel;
const value = (path: string) => model.value(path);
const write = (...changes: [path: string, value: string][]) =>
  model.write(
    changes.map(([path, text]) => ({ path: service + path, value: text })),
    "cwmp",
  );
beforeEach(() => {
  model = createDeviceModel({ lines: 1 });
  write(
    ["CallControl.Line.1.Enable", "true"],
    ["SIP.Client.1.Enable", "true"],
    ["SIP.Client.1.RegisterURI", "sip:100@first.example"],
    ["SIP.Network.1.Enable", "true"],
    ["SIP.Network.1.RegistrarServer", "first.example"],
  );
});
const line = () => provisionLine(0, value, anyTerms, ["PCMA", "PCMU"]);

describe("the network of a line", () => {
  it("is the row that its client names, also one that management added", () => {
    expect(model.addRow(`${service}SIP.Network.`)).toEqual({ ok: true, instance: 2 });
    write(
      ["SIP.Network.2.Enable", "true"],
      ["SIP.Network.2.RegistrarServer", "second.example"],
      ["SIP.Client.1.Network", `${service}SIP.Network.2`],
    );
    expect(chosenNetwork(0, value)).toBe(`${service}SIP.Network.2.`);
    expect(line()).toMatchObject({ account: { domain: "second.example", codecs: ["PCMA", "PCMU"] } });
  });

  it("is gone with that row, which whoever watches settings hears of", () => {
    const changed: string[] = [];
    model.addRow(`${service}SIP.Network.`);
    write(["SIP.Client.1.Network", `${service}SIP.Network.2`]);
    model.subscribe(({ origin, path }) => changed.push(`${origin} ${path}`));
    model.deleteRow(`${service}SIP.Network.2.`);
    expect(changed).toContain(`cwmp ${service}SIP.Client.1.Network`);
    expect(line()).toMatchObject({ provisioning: "misconfigured" });
  });

  it("must exist, and the device's own stays", () => {
    expect(write(["SIP.Client.1.Network", `${service}SIP.Network.9`])).toMatchObject({ ok: false });
    expect(model.deleteRow(`${service}SIP.Network.1.`)).toMatchObject({ ok: false, code: 9001 });
  });
});

describe("codecs", () => {
  const network = `${service}SIP.Network.1.`;
  const codecs = () => chosenCodecs(network, value, ["PCMA", "PCMU"]);

  it("are offered in the order of the list, those that are enabled", () => {
    expect(codecs()).toEqual(["PCMA", "PCMU"]);
    write(["SIP.Network.1.CodecList", `${service}CodecProfile.2,${service}CodecProfile.1`]);
    expect(codecs()).toEqual(["PCMU", "PCMA"]);
    write(["CodecProfile.2.Enable", "false"]);
    expect(codecs()).toEqual(["PCMA"]);
    write(["SIP.Network.1.CodecList", ""]);
    expect(codecs()).toEqual(["PCMA", "PCMU"]);
    expect(chosenCodecs(network, value, ["PCMU"])).toEqual(["PCMU"]);
  });

  it("have the rows of the box that has them", () => {
    model = createDeviceModel({ lines: 1, codecs: ["G722", "PCMA"] });
    expect(model.instances(`${service}CodecProfile.`)).toEqual([1, 3]);
    expect(model.value(`${service}SIP.Network.1.CodecList`)).toBe(
      `${service}CodecProfile.3,${service}CodecProfile.1`,
    );
    expect(chosenCodecs(network, value, ["G722", "PCMA"])).toEqual(["G722", "PCMA"]);
    expect(model.value(`${service}Capabilities.Codec.3.Codec`)).toBe("G.722");
  });

  it("must be left, or the line says what is wrong", () => {
    write(["CodecProfile.1.Enable", "false"], ["CodecProfile.2.Enable", "false"]);
    expect(line()).toMatchObject({
      provisioning: "misconfigured",
      problem: expect.stringContaining("CodecList") as string,
    });
  });
});

describe("a telephone port", () => {
  it("that is switched off has no line", () => {
    expect(line()).toMatchObject({ provisioning: "account" });
    write(["POTS.FXS.1.Enable", "false"]);
    expect(line()).toEqual({ provisioning: "disabled" });
  });
});
