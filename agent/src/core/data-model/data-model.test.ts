import { beforeEach, describe, expect, it } from "vitest";
import {
  type Change,
  createDeviceModel,
  DataModel,
  DataModelError,
  type ObjectDeclaration,
} from "./index.ts";

const objects: ObjectDeclaration[] = [
  {
    path: "A.",
    access: "readOnly",
    parameters: [{ name: "RowNumberOfEntries", type: "unsignedInt", access: "readOnly" }],
  },
  {
    path: "A.Row.{i}.",
    access: "readWrite",
    parameters: [
      { name: "Name", type: "string", access: "readWrite", maxLength: 4 },
      { name: "State", type: "string", access: "readOnly", default: "Up", enum: ["Up", "Down"] },
      { name: "Port", type: "unsignedInt", access: "readWrite", minimum: 1, maximum: 65535, default: "5060" },
      { name: "On", type: "boolean", access: "readWrite" },
      { name: "Since", type: "dateTime", access: "readWrite" },
      { name: "Secret", type: "string", access: "readWrite", secret: true },
      { name: "Modes", type: "string", access: "readWrite", list: true, enum: ["x", "y"] },
      { name: "Volatile", type: "int", access: "readWrite", persist: false },
      { name: "Kept", type: "long", access: "readOnly", persist: true },
    ],
  },
  {
    path: "A.Row.{i}.Sub.",
    access: "readOnly",
    parameters: [{ name: "B", type: "base64", access: "readWrite" }],
  },
  {
    path: "A.Row.{i}.Inner.{i}.",
    access: "readOnly",
    parameters: [{ name: "C", type: "hexBinary", access: "readWrite" }],
  },
];
let model: DataModel;
let changes: Change[];
beforeEach(() => {
  model = new DataModel(objects);
  model.addInstance("A.Row.", 1);
  changes = [];
  model.subscribe((change) => changes.push(change));
});
const write = (path: string, value: string) => model.write([{ path: `A.Row.1.${path}`, value }], "cwmp");
const codeOf = (path: string, value: string) => {
  const result = write(path, value);
  return result.ok ? "ok" : result.faults[0]?.code;
};

describe("instances", () => {
  it("bring their sub-objects, are counted and can go again", () => {
    model.addInstance("A.Row.", 7);
    model.addInstance("A.Row.7.Inner.", 2);
    expect(model.instances("A.Row.")).toEqual([1, 7]);
    expect(model.value("A.RowNumberOfEntries")).toBe("2");
    expect(model.value("A.Row.7.Sub.B")).toBe("");
    expect(model.value("A.Row.7.Inner.2.C")).toBe("");
    expect(model.instances("A.Row.1.Inner.")).toEqual([]);
    model.removeInstance("A.Row.", 7);
    expect(model.instances("A.Row.")).toEqual([1]);
    expect(() => model.read("A.Row.7.")).toThrow(DataModelError);
    expect(() => model.value("A.Row.7.Inner.2.C")).toThrow(DataModelError);
    expect(model.value("A.RowNumberOfEntries")).toBe("1");
  });

  it("keep their values when they are added again", () => {
    write("Name", "n");
    model.addInstance("A.Row.", 1);
    expect(model.value("A.Row.1.Name")).toBe("n");
  });

  it.each([
    ["A.", 1],
    ["A.Nothing.", 1],
    ["A.Row.", 0],
    ["A.Row.", 1.5],
  ])("are refused in %s as %d", (table, instance) => {
    expect(() => model.addInstance(table, instance)).toThrow(
      expect.objectContaining({ code: "INVALID_NAME" }),
    );
  });
});

describe("reading", () => {
  it("takes a parameter, a partial path and the whole tree", () => {
    expect(model.read("A.Row.1.State")).toEqual([
      { path: "A.Row.1.State", value: "Up", type: "string", writable: false },
    ]);
    expect(model.read("A.Row.1.").map(({ path }) => path)).toContain("A.Row.1.Sub.B");
    expect(model.read("")).toHaveLength(11);
    expect(model.read("A.Row.1.Inner.")).toEqual([]);
  });

  it.each(["A", "A.Row.1", "A.Row.2.", "A.Row.{i}.Name", "A.Row.1.Nam", "A.Row.1.Name.", "constructor"])(
    "refuses %s",
    (path) => {
      expect(() => model.read(path)).toThrow(expect.objectContaining({ code: "INVALID_NAME", path }));
    },
  );

  it("hides secrets from everyone but the device", () => {
    write("Secret", "s3cret");
    expect(model.read("A.Row.1.Secret")[0]?.value).toBe("");
    expect(model.value("A.Row.1.Secret")).toBe("s3cret");
  });

  it("asks a provider at the moment of reading", () => {
    let count = 0;
    model.provide("A.Row.1.Kept", () => String((count += 1)));
    expect([model.value("A.Row.1.Kept"), model.read("A.Row.1.Kept")[0]?.value]).toEqual(["1", "2"]);
  });

  it("brings rows up to date before somebody looks at them", () => {
    let looks = 0;
    model.refreshBefore("A.Row.", () => {
      looks += 1;
      model.addInstance("A.Row.", 1 + looks);
      // What refreshes may read itself.
      model.read("A.Row.");
    });
    expect(model.read("").filter(({ path }) => path.endsWith(".Name"))).toHaveLength(2);
    expect(model.names("A.Row.", true)).toHaveLength(3);
    model.value("A.Row.1.Name");
    expect([looks, model.instances("A.Row.")]).toEqual([2, [1, 2, 3]]);
  });

  it("names a level, or all below", () => {
    expect(model.names("A.Row.1.", true).map(({ path }) => path)).toEqual(
      expect.arrayContaining(["A.Row.1.Sub.", "A.Row.1.Inner.", "A.Row.1.Name"]),
    );
    expect(model.names("A.", true)).toEqual([
      { path: "A.Row.", writable: false },
      { path: "A.RowNumberOfEntries", writable: false },
    ]);
    expect(model.names("", true)).toEqual([{ path: "A.", writable: false }]);
    expect(model.names("A.Row.1.Name", false)).toEqual([{ path: "A.Row.1.Name", writable: true }]);
    expect(model.names("A.", false)).toHaveLength(6 + 10 + 1 - 1);
    expect(() => model.names("B.", false)).toThrow(DataModelError);
  });
});

describe("writing", () => {
  it.each([
    ["Name", "abcd", "ok"],
    ["Name", "abcde", 9007],
    ["State", "Down", 9008],
    ["Nothing", "x", 9005],
    ["Port", "1", "ok"],
    ["Port", "0", 9007],
    ["Port", "65536", 9007],
    ["Port", "-1", 9007],
    ["Port", "1e3", 9007],
    ["Port", "9".repeat(500), 9007],
    ["On", "yes", 9007],
    ["Since", "2026-02-30T00:00:00Z", 9007],
    ["Since", "soon", 9007],
    ["Modes", "x,z", 9007],
    ["Sub.B", "AAE", 9007],
    ["Volatile", "-2147483649", 9007],
  ])("%s = %s gives %s", (path, value, outcome) => {
    expect(codeOf(path, value)).toBe(outcome);
  });

  it.each([
    ["On", "1", "true"],
    ["Port", " +0080 ", "80"],
    ["Since", "2026-01-01T01:30:00+01:00", "2026-01-01T00:30:00Z"],
    ["Since", "2026-01-01T01:30:00.5", "2026-01-01T01:30:00.5Z"],
    ["Since", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"],
    ["Modes", " x , y ", "x,y"],
    ["Modes", "", ""],
    ["Sub.B", "AAEC", "AAEC"],
  ])("%s = %s is kept as %s", (path, value, kept) => {
    expect(codeOf(path, value)).toBe("ok");
    expect(model.value(`A.Row.1.${path}`)).toBe(kept);
  });

  it("changes all or nothing, and names every fault", () => {
    const result = model.write(
      [
        { path: "A.Row.1.Name", value: "new" },
        { path: "A.Row.1.Port", value: "0" },
        { path: "A.Row.2.Name", value: "new" },
        { path: "A.Row.1.Port", value: "1", type: "boolean" },
      ],
      "usp",
    );
    expect(result).toMatchObject({
      ok: false,
      faults: [
        { path: "A.Row.1.Port", code: 9007 },
        { path: "A.Row.2.Name", code: 9005 },
        { path: "A.Row.1.Port", code: 9006 },
      ],
    });
    expect(model.value("A.Row.1.Name")).toBe("");
    expect(changes).toEqual([]);
  });

  it("never repeats a value in a fault: it may be a secret", () => {
    const result = write("Port", "hunter2");
    expect(JSON.stringify(result)).not.toContain("hunter2");
  });

  it("accepts the types of an ACS that has not read the model", () => {
    expect(model.write([{ path: "A.Row.1.Port", value: "1", type: "string" }], "cwmp").ok).toBe(true);
    expect(model.write([{ path: "A.Row.1.Port", value: "2", type: "int" }], "cwmp").ok).toBe(true);
  });

  it("tells listeners once, after everything has changed, and nothing of equal values", () => {
    const seen: string[] = [];
    const stop = model.subscribe(() => seen.push(model.value("A.Row.1.Port")));
    const both = [
      { path: "A.Row.1.On", value: "true" },
      { path: "A.Row.1.Port", value: "1" },
    ];
    expect(model.write(both, "cli")).toEqual({ ok: true, changed: ["A.Row.1.On", "A.Row.1.Port"] });
    expect(seen).toEqual(["1", "1"]);
    expect(changes[1]).toEqual({ path: "A.Row.1.Port", value: "1", previous: "5060", origin: "cli" });
    stop();
    expect(model.write(both, "cli")).toEqual({ ok: true, changed: [] });
    expect(changes).toHaveLength(2);
  });
});

describe("a listener that fails", () => {
  it("keeps no other from being told, and is not kept quiet", () => {
    const heard: string[] = [];
    const fresh = new DataModel(objects);
    fresh.addInstance("A.Row.", 1);
    fresh.subscribe(() => {
      throw new Error("deaf");
    });
    fresh.subscribe(({ path }) => heard.push(path));
    const both = ["A.Row.1.On", "A.Row.1.Volatile"].map((path) => ({ path, value: "1" }));
    expect(() => fresh.write(both, "cli")).toThrow("deaf");
    expect(heard).toEqual(["A.Row.1.On", "A.Row.1.Volatile"]);
    expect(fresh.value("A.Row.1.On")).toBe("true");
  });
});

describe("publishing", () => {
  it("sets what only the device may set, and tells of changes", () => {
    model.publish("A.Row.1.State", "Down");
    model.publish("A.Row.1.State", "Down");
    expect(changes).toEqual([{ path: "A.Row.1.State", value: "Down", previous: "Up", origin: "device" }]);
  });

  it("holds the device to its own declaration", () => {
    expect(() => model.publish("A.Row.1.State", "Sideways")).toThrow(
      expect.objectContaining({ code: "INVALID_VALUE" }),
    );
    expect(() => model.publish("A.Row.9.State", "Up")).toThrow(
      expect.objectContaining({ code: "INVALID_NAME" }),
    );
  });
});

describe("a snapshot", () => {
  it("holds what was set, and comes back into a new tree", () => {
    write("Name", "n");
    write("Secret", "s");
    write("Volatile", "5");
    model.publish("A.Row.1.Kept", "9");
    const snapshot = model.snapshot();
    expect(snapshot).toEqual({ "A.Row.1.Name": "n", "A.Row.1.Secret": "s", "A.Row.1.Kept": "9" });
    const fresh = new DataModel(objects);
    fresh.addInstance("A.Row.", 1);
    expect(fresh.restore(snapshot)).toEqual([]);
    expect(fresh.snapshot()).toEqual(snapshot);
  });

  it("of another firmware is taken as far as it fits", () => {
    const ignored = model.restore({
      "A.Row.1.Name": "ok",
      "A.Row.1.Port": "0",
      "A.Row.1.State": "Down",
      "A.Gone": "1",
    });
    expect(ignored).toEqual(["A.Row.1.Port", "A.Row.1.State", "A.Gone"]);
    expect(model.value("A.Row.1.Name")).toBe("ok");
    expect(model.value("A.Row.1.Port")).toBe("5060");
    expect(changes).toEqual([]);
  });
});

describe("a declaration", () => {
  const bad: [string, ObjectDeclaration[]][] = [
    ["an orphan", [{ path: "A.B.", access: "readOnly", parameters: [] }]],
    [
      "a double object",
      [
        { path: "A.", access: "readOnly", parameters: [] },
        { path: "A.", access: "readOnly", parameters: [] },
      ],
    ],
    [
      "a default that it forbids itself",
      [
        {
          path: "A.",
          access: "readOnly",
          parameters: [{ name: "B", type: "boolean", access: "readOnly", default: "no" }],
        },
      ],
    ],
  ];
  it.each(bad)("with %s is refused", (_name, declaration) => {
    expect(() => new DataModel(declaration)).toThrow(
      expect.objectContaining({ code: "INVALID_DECLARATION" }),
    );
  });
});

describe("the device's tree", () => {
  it("wires every line to its client, network and profiles", () => {
    const device = createDeviceModel({ lines: 2 });
    const voice = "Device.Services.VoiceService.1.";
    expect(device.value(`${voice}CallControl.Line.2.Provider`)).toBe(`${voice}SIP.Client.2`);
    expect(device.value(`${voice}SIP.Client.2.Network`)).toBe(`${voice}SIP.Network.2`);
    expect(device.value(`${voice}SIP.Network.2.CodecList`)).toBe(
      `${voice}CodecProfile.1,${voice}CodecProfile.2`,
    );
    expect(device.value(`${voice}POTS.FXSNumberOfEntries`)).toBe("2");
    for (const reference of [`${voice}SIP.Client.2`, `${voice}SIP.Network.2`, `${voice}CodecProfile.1`]) {
      expect(device.read(`${reference}.`).length).toBeGreaterThan(0);
    }
  });

  it("sends what every Inform must carry (TR-069 3.7.1.3)", () => {
    const paths = createDeviceModel({ lines: 1 })
      .informParameters()
      .map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining([
        "Device.RootDataModelVersion",
        "Device.DeviceInfo.HardwareVersion",
        "Device.DeviceInfo.SoftwareVersion",
        "Device.DeviceInfo.ProvisioningCode",
        "Device.ManagementServer.ParameterKey",
        "Device.ManagementServer.ConnectionRequestURL",
      ]),
    );
  });

  it("keeps every password secret", () => {
    const device = createDeviceModel({ lines: 1 });
    for (const { path, writable } of device.read("")) {
      if (path.endsWith("Password") && writable) expect(device.declaration(path)?.secret, path).toBe(true);
    }
  });
});

describe("rows that management adds", () => {
  const table = "Device.Table.";
  const declared: ObjectDeclaration[] = [
    {
      path: "Device.",
      access: "readOnly",
      parameters: [{ name: "TableNumberOfEntries", type: "unsignedInt", access: "readOnly" }],
    },
    {
      path: "Device.Table.{i}.",
      access: "readWrite",
      mostRows: 3,
      parameters: [{ name: "Name", type: "string", access: "readWrite" }],
    },
    { path: "Device.Fixed.{i}.", access: "readWrite", parameters: [] },
  ];
  const make = () => {
    const model = new DataModel(declared);
    model.addInstance(table, 1);
    return model;
  };

  it("come back after a restart with their values, deleted ones do not", () => {
    const model = make();
    expect(model.addRow(table)).toEqual({ ok: true, instance: 2 });
    expect(model.addRow(table)).toEqual({ ok: true, instance: 3 });
    model.write([{ path: `${table}3.Name`, value: "c" }], "cwmp");
    expect(model.deleteRow(`${table}2.`)).toEqual({ ok: true, instance: 2 });
    const again = make();
    expect(again.restore(structuredClone(model.snapshot()))).toEqual([]);
    expect(again.instances(table)).toEqual([1, 3]);
    expect([again.value(`${table}3.Name`), again.value("Device.TableNumberOfEntries")]).toEqual(["c", "2"]);
    expect(again.deleteRow(`${table}3.`)).toMatchObject({ ok: true });
  });

  it("never take a number again, and no more room than declared", () => {
    const model = make();
    model.addRow(table);
    model.deleteRow(`${table}2.`);
    expect(model.addRow(table)).toEqual({ ok: true, instance: 3 });
    expect(model.addRow(table)).toEqual({ ok: true, instance: 4 });
    expect(model.addRow(table)).toMatchObject({ code: 9004 });
    expect(model.addRow("Device.Fixed.")).toMatchObject({ code: 9004 });
    expect(model.deleteRow(`${table}1.`)).toMatchObject({ code: 9001 });
  });

  it("show in the names what can be added and deleted, and are told of", () => {
    const model = make();
    let told = 0;
    const end = model.subscribeRows(() => (told += 1));
    model.addRow(table);
    const writable = (path: string) => model.names("", false).find((name) => name.path === path)?.writable;
    expect([table, `${table}1.`, `${table}2.`, "Device.Fixed."].map(writable)).toEqual([
      true,
      false,
      true,
      false,
    ]);
    model.addRow(table);
    expect(writable(table)).toBe(false);
    end();
    model.deleteRow(`${table}2.`);
    expect(told).toBe(2);
  });

  it("are not restored beyond what the firmware can use", () => {
    const kept = {
      "Device.Table.2.": "",
      "Device.Table.7.": "",
      "Device.Table.9.": "",
      "Device.No.1.": "",
      "x.": "",
    };
    expect(make().restore(kept)).toEqual(["Device.Table.9.", "Device.No.1.", "x."]);
  });
});
