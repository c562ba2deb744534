import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { AttributeTable, composeInform } from "../../cwmp/index.ts";
import { createDeviceModel, createView, type DataModel, type ModelView, templateOf } from "../index.ts";

const voice = "Device.Services.VoiceService.1.";
const gateway = "InternetGatewayDevice.";
let model: DataModel;
let old: ModelView;
let igd: ModelView;
beforeEach(() => {
  model = createDeviceModel({ lines: 2 });
  old = createView(model, "device-2-voice-1");
  igd = createView(model, "gateway-1");
});
const value = (view: ModelView, path: string) => view.read(path)[0]?.value;
const write = (view: ModelView, path: string, text: string) => {
  const result = view.write([{ path, value: text }], "cwmp");
  return result.ok ? result.changed : result.faults.map(({ code, path: at }) => `${code} ${at}`);
};

const table = join(import.meta.dirname, "../../../../../../shared/data-model/tr-104-1-1-0.tsv");
const missing = existsSync(table) ? "" : " (skipped: the table of TR-104 1.1 is not beside the repository)";
describe.skipIf(missing !== "")(`the names of the old voice model${missing}`, () => {
  it("are the standard's, each with its type and access, in both roots", () => {
    const standard = new Map(
      readFileSync(table, "utf8")
        .split("\n")
        .map((line) => {
          const [name = "", , access, type] = line.split("\t");
          return [name, { access, type }] as const;
        }),
    );
    for (const [view, root] of [
      [old, "Device.Services."],
      [igd, `${gateway}Services.`],
    ] as const) {
      const names = view.names(root, false).filter(({ path }) => path.startsWith(`${root}VoiceService.1.`));
      expect(names.length).toBeGreaterThan(150);
      for (const { path, writable } of names) {
        const template = templateOf(path.slice(root.length));
        // A table without its rows, and what only groups, is in no list.
        const known = standard.get(template) ?? standard.get(`${template}{i}.`);
        expect(known, path).toBeDefined();
        if (path.endsWith(".")) continue;
        const type = known?.type === "IPAddress" ? "string" : known?.type;
        expect([path, view.declaration(path)?.type, writable]).toEqual([
          path,
          type,
          known?.access === "readWrite",
        ]);
      }
    }
  });
});

describe("the old voice model", () => {
  const line = `${voice}VoiceProfile.2.Line.1.`;

  it("replaces the new one, and leaves the rest of the tree as it is", () => {
    expect(() => old.read(`${voice}CallControl.`)).toThrow(expect.objectContaining({ code: "INVALID_NAME" }));
    expect(old.names(voice, true).map(({ path }) => path.slice(voice.length))).toEqual([
      "Capabilities.",
      "VoiceProfile.",
      "PhyInterface.",
      "VoiceProfileNumberOfEntries",
    ]);
    expect(value(old, "Device.ManagementServer.URL")).toBe("");
    expect(old.names("Device.", true).map(({ path }) => path)).toContain("Device.DeviceInfo.");
    expect(value(old, `${voice}VoiceProfileNumberOfEntries`)).toBe("2");
    expect(old.read("Device.").some(({ path }) => path.includes("CallControl"))).toBe(false);
  });

  it("translates words both ways, and one into several", () => {
    expect(value(old, `${line}Enable`)).toBe("Disabled");
    expect(write(old, `${line}Enable`, "Enabled")).toEqual([`${line}Enable`]);
    expect([
      model.value(`${voice}CallControl.Line.2.Enable`),
      model.value(`${voice}SIP.Client.2.Enable`),
    ]).toEqual(["true", "true"]);
    expect(model.value(`${voice}SIP.Client.1.Enable`)).toBe("false");
    expect(write(old, `${line}Enable`, "true")).toEqual([`9007 ${line}Enable`]);
    model.publish(`${voice}SIP.Client.2.Status`, "Error_Network");
    expect(value(old, `${line}Status`)).toBe("Error");
    write(old, `${voice}VoiceProfile.1.DTMFMethod`, "InBand");
    expect(model.value(`${voice}VoIPProfile.1.DTMFMethod`)).toBe("InBand");
    write(old, `${voice}VoiceProfile.1.DTMFMethod`, "RFC2833");
    expect(model.value(`${voice}VoIPProfile.1.DTMFMethod`)).toBe("RFC4733");
  });

  it("has the subscriber's choices and the digit map under their old names", () => {
    const features = `${line}CallingFeatures.`;
    const set = `${voice}CallControl.CallingFeatures.Set.2.`;
    write(old, `${features}AnonymousCalEnable`, "true");
    write(old, `${features}CallForwardOnNoAnswerRingCount`, "6");
    expect([
      model.value(`${set}AnonymousCallEnable`),
      model.value(`${set}CallForwardOnNoAnswerRingTimeout`),
    ]).toEqual(["true", "30"]);
    expect(value(old, `${features}CallForwardOnNoAnswerRingCount`)).toBe("6");
    expect(write(old, `${features}CallForwardOnNoAnswerRingCount`, "0")).toEqual([
      `9007 ${features}CallForwardOnNoAnswerRingCount`,
    ]);
    model.publish(`${set}LineMessagesWaiting`, "2");
    expect(value(old, `${features}MessageWaiting`)).toBe("true");
    write(old, `${voice}VoiceProfile.1.DigitMap`, "[1-9]xxx.T");
    write(old, `${voice}VoiceProfile.2.DigitMapEnable`, "false");
    expect(value(old, `${voice}VoiceProfile.2.DigitMap`)).toBe("[1-9]xxx.T");
    expect(model.value(`${voice}CallControl.NumberingPlan.1.X_TONALITE_DigitMapEnable`)).toBe("false");
  });

  it("sets all or nothing, and names faults as they were asked", () => {
    const changes = [
      { path: `${line}SIP.AuthPassword`, value: "s3cret" },
      { path: `${voice}VoiceProfile.2.SIP.RegistrarServerPort`, value: "70000" },
      { path: `${voice}VoiceProfile.3.Enable`, value: "Enabled" },
    ];
    expect(old.write(changes, "cwmp")).toMatchObject({
      ok: false,
      faults: [{ path: changes[1]?.path, code: 9007 }, { code: 9005 }],
    });
    expect(model.value(`${voice}SIP.Client.2.AuthPassword`)).toBe("");
    expect(old.write(changes.slice(0, 1), "cwmp")).toMatchObject({ ok: true });
    expect(model.value(`${voice}SIP.Client.2.AuthPassword`)).toBe("s3cret");
    expect(value(old, `${line}SIP.AuthPassword`)).toBe("");
  });

  it("takes what cannot be changed when it is what it is, as old servers send everything", () => {
    expect(write(old, `${voice}VoiceProfile.1.SignalingProtocol`, "SIP")).toEqual([]);
    expect(write(old, `${voice}VoiceProfile.1.SignalingProtocol`, "H.323")).toEqual([
      `9007 ${voice}VoiceProfile.1.SignalingProtocol`,
    ]);
    expect(write(old, `${line}PhyReferenceList`, "2")).toEqual([]);
    expect(write(old, `${line}Status`, "Up")).toEqual([`9008 ${line}Status`]);
  });

  it("opens no rows of its own, and those of the rest of the tree", () => {
    expect(old.addRow(`${voice}VoiceProfile.`)).toMatchObject({ ok: false, code: 9005 });
    expect(old.deleteRow(`${voice}VoiceProfile.1.`)).toMatchObject({ ok: false, code: 9005 });
    expect(old.addRow("Device.ManagementServer.InformParameter.")).toMatchObject({ ok: true });
  });

  it("tells changes under its own names", () => {
    const told: string[] = [];
    const end = old.subscribe(({ path, value: text }) => told.push(`${path}=${text}`));
    model.publish(`${voice}SIP.Client.2.Status`, "Up");
    model.publish("Device.DeviceInfo.UpTime", "7");
    model.publish(`${voice}CallControl.Line.1.Status`, "Up");
    end();
    model.publish(`${voice}SIP.Client.2.Status`, "Disabled");
    expect(told).toEqual([`${line}Status=Up`, "Device.DeviceInfo.UpTime=7"]);
  });

  it("knows its codecs", () => {
    const codecs = `${voice}VoiceProfile.1.Line.1.Codec.List.`;
    expect(
      old
        .read(codecs)
        .filter(({ path }) => path.endsWith(".Codec"))
        .map(({ value: text }) => text),
    ).toEqual(["G.711ALaw", "G.711MuLaw"]);
    expect(value(old, `${codecs}2.EntryID`)).toBe("2");
  });

  it.each([
    "Device.Services.VoiceService.2.",
    `${voice}VoiceProfile.9.`,
    `${voice}VoiceProfile.1.Line.2.Enable`,
    "",
    "Devic",
    "Device.X.",
  ])("answers for %j as a tree does", (path) => {
    if (path === "") expect(old.read(path).length).toBeGreaterThan(200);
    else expect(() => old.read(path)).toThrow(expect.objectContaining({ code: "INVALID_NAME" }));
  });
});

describe("TR-098", () => {
  it("has its own root and nothing of the new one", () => {
    const names = igd.names("", false).map(({ path }) => path);
    expect(names.every((path) => path.startsWith(gateway))).toBe(true);
    expect(igd.names("", true)).toEqual([{ path: gateway, writable: false }]);
    expect(igd.names(gateway, true).map(({ path }) => path)).toEqual(
      expect.arrayContaining([`${gateway}DeviceInfo.`, `${gateway}Services.`, `${gateway}DeviceSummary`]),
    );
    expect(new Set(names).size).toBe(names.length);
    expect(() => igd.read("Device.DeviceInfo.")).toThrow(expect.objectContaining({ code: "INVALID_NAME" }));
    expect(igd.declaration("Device.DeviceInfo.UpTime")).toBeUndefined();
  });

  it("informs with the parameters that TR-098 forces", () => {
    const inform = composeInform(igd, {
      events: [],
      changed: [`${gateway}DeviceInfo.UpTime`],
      retryCount: 0,
      now: 0,
    });
    expect(inform.parameters.map(({ path }) => path)).toEqual(
      expect.arrayContaining(
        [
          "DeviceSummary",
          "DeviceInfo.SpecVersion",
          "DeviceInfo.HardwareVersion",
          "DeviceInfo.SoftwareVersion",
          "DeviceInfo.ProvisioningCode",
          "DeviceInfo.UpTime",
          "ManagementServer.ParameterKey",
          "ManagementServer.ConnectionRequestURL",
          "WANDevice.1.WANConnectionDevice.1.WANIPConnection.1.ExternalIPAddress",
        ].map((name) => gateway + name),
      ),
    );
    expect(inform.parameters.every(({ path }) => path.startsWith(gateway))).toBe(true);
  });

  it("starts tests and says how they stand in its own words", () => {
    expect(write(igd, `${gateway}IPPingDiagnostics.DiagnosticsState`, "Requested")).toHaveLength(1);
    expect(model.value("Device.IP.Diagnostics.IPPing.DiagnosticsState")).toBe("Requested");
    model.publish("Device.IP.Diagnostics.DownloadDiagnostics.DiagnosticsState", "Complete");
    expect(value(igd, `${gateway}DownloadDiagnostics.DiagnosticsState`)).toBe("Completed");
    model.addInstance("Device.IP.Diagnostics.TraceRoute.RouteHops.", 1);
    model.publish("Device.IP.Diagnostics.TraceRoute.RouteHops.1.Host", "gateway.home");
    expect(value(igd, `${gateway}TraceRouteDiagnostics.RouteHops.1.HopHost`)).toBe("gateway.home");
  });

  it("keeps the attributes that the ACS sets", () => {
    const attributes = new AttributeTable(igd, {}, () => undefined);
    const path = `${gateway}ManagementServer.PeriodicInformInterval`;
    expect(attributes.apply([{ path, notification: 2 }])).toBeUndefined();
    expect([
      attributes.notification(path),
      attributes.notification(`${gateway}DeviceInfo.SoftwareVersion`),
    ]).toEqual([2, 2]);
    expect(attributes.read(`${gateway}DeviceInfo.`).length).toBeGreaterThan(5);
  });
});

describe("the device's own style", () => {
  it("is the model itself", () => {
    expect(createView(model, "device-2")).toBe(model);
  });
});
