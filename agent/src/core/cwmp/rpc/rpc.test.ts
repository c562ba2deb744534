import { beforeEach, describe, expect, it } from "vitest";
import { DataModel } from "../../data-model/index.ts";
import type { CwmpMessage } from "../types.ts";
import { asked, RpcRig, server } from "./rpc-rig.ts";

let box: RpcRig;
beforeEach(() => {
  box = new RpcRig();
});

describe("GetRPCMethods", () => {
  it("lists what the device executes", async () => {
    const { body } = await box.execute({ method: "GetRPCMethods" });
    expect(body).toEqual({
      method: "GetRPCMethodsResponse",
      methods: [
        "GetRPCMethods",
        "SetParameterValues",
        "GetParameterValues",
        "GetParameterNames",
        "SetParameterAttributes",
        "GetParameterAttributes",
        "AddObject",
        "DeleteObject",
        "Reboot",
        "FactoryReset",
        "Download",
        "Upload",
        "ScheduleInform",
        "ScheduleDownload",
        "CancelTransfer",
        "GetQueuedTransfers",
        "GetAllQueuedTransfers",
      ],
    });
  });
});

describe("SetParameterValues", () => {
  it("changes all and keeps the key", async () => {
    const { body } = await box.set("k", ["PeriodicInformInterval", "60"], ["Username", "u"]);
    expect(body).toEqual({ method: "SetParameterValuesResponse", status: 0 });
    expect([
      box.model.value(`${server}PeriodicInformInterval`),
      box.model.value(`${server}ParameterKey`),
    ]).toEqual(["60", "k"]);
  });

  it("says when a value waits for the next start", async () => {
    const path = "Device.Services.VoiceService.1.VoIPProfile.1.RTP.LocalPortMin";
    const change = (value: string) =>
      box.execute({
        method: "SetParameterValues",
        parameters: [{ path, value, type: "unsignedInt" }],
        parameterKey: "k",
      });
    expect((await change("20000")).body).toMatchObject({ status: 1 });
    expect((await change("20000")).body).toMatchObject({ status: 0 });
  });

  it("changes nothing, the key neither, when one is wrong, and says which and why", async () => {
    const { body } = await box.set(
      "k",
      ["Username", "u"],
      ["PeriodicInformInterval", "0"],
      ["Nothing", "1"],
      ["ParameterKey", "x"],
    );
    expect(body).toMatchObject({
      method: "Fault",
      faultCode: 9003,
      soapCode: "Client",
      setParameterFaults: [
        { path: `${server}PeriodicInformInterval`, code: 9007 },
        { path: `${server}Nothing`, code: 9005 },
        { path: `${server}ParameterKey`, code: 9008 },
      ],
    });
    expect([box.model.value(`${server}Username`), box.model.value(`${server}ParameterKey`)]).toEqual([
      "",
      "",
    ]);
  });

  it("refuses to set one parameter twice, and a key that is too long", async () => {
    expect((await box.set("k", ["Username", "a"], ["Username", "b"])).body).toMatchObject({
      faultCode: 9003,
    });
    expect((await box.set("k".repeat(33))).body).toMatchObject({ faultCode: 9003 });
    expect(box.model.value(`${server}Username`)).toBe("");
  });
});

describe("GetParameterValues", () => {
  const get = (...names: string[]) => box.execute({ method: "GetParameterValues", names });

  it("reads parameters and partial paths, each parameter once, secrets as nothing", async () => {
    box.model.publish(`${server}Password`, "s3cret");
    const { body } = await get(server, `${server}URL`);
    const parameters = body.method === "GetParameterValuesResponse" ? body.parameters : [];
    expect(parameters.filter(({ path }) => path === `${server}URL`)).toHaveLength(1);
    expect(parameters).toContainEqual({ path: `${server}Password`, value: "", type: "string" });
  });

  it.each([
    [[], 9003],
    [["Device.Nothing"], 9005],
    [["Device."], undefined],
    [[""], undefined],
    [[`${server}URL`, "Device.ManagementServer"], 9005],
  ])("%j gives fault %s", async (names, code) => {
    const { body } = await get(...names);
    expect(body.method === "Fault" ? body.faultCode : undefined).toBe(code);
  });
});

describe("GetParameterNames", () => {
  it.each([
    ["Device.", true, undefined],
    ["", true, undefined],
    ["", false, undefined],
    [`${server}URL`, false, undefined],
    [`${server}URL`, true, 9003],
    ["Device.Nothing.", false, 9005],
  ])("of %j, next level %s, gives fault %s", async (path, nextLevel, code) => {
    const { body } = await box.execute({ method: "GetParameterNames", path, nextLevel });
    expect(body.method === "Fault" ? body.faultCode : undefined).toBe(code);
  });
});

describe("Reboot and FactoryReset", () => {
  it("happen after the session", async () => {
    expect(await box.execute({ method: "Reboot", commandKey: "why" })).toEqual({
      body: { method: "RebootResponse" },
      later: { reboot: { commandKey: "why" } },
    });
    expect(await box.execute({ method: "FactoryReset" })).toMatchObject({ later: { factoryReset: true } });
    expect((await box.execute({ method: "Reboot", commandKey: "k".repeat(33) })).body).toMatchObject({
      faultCode: 9003,
    });
  });
});

describe("SetParameterAttributes, GetParameterAttributes", () => {
  const path = `${server}PeriodicInformInterval`;
  it.each([2, 6])("set what then is read: %i", async (notification) => {
    const parameters = [{ path, notification, accessList: [] }];
    expect((await box.execute({ method: "SetParameterAttributes", parameters })).body).toEqual({
      method: "SetParameterAttributesResponse",
    });
    expect((await box.execute({ method: "GetParameterAttributes", names: [path, path] })).body).toEqual({
      method: "GetParameterAttributesResponse",
      parameters,
    });
  });

  it("refuse unknown names, and nothing at all", async () => {
    const bad: CwmpMessage[] = [
      { method: "SetParameterAttributes", parameters: [{ path: "Device.Nothing", notification: 1 }] },
      { method: "GetParameterAttributes", names: ["Device.Nothing."] },
      { method: "SetParameterAttributes", parameters: [] },
      { method: "GetParameterAttributes", names: [] },
    ];
    const answers = await Promise.all(bad.map((request) => box.execute(request)));
    expect(answers.map(({ body }) => (body.method === "Fault" ? body.faultCode : 0))).toEqual([
      9005, 9005, 9003, 9003,
    ]);
  });
});

describe("requests without end", () => {
  it("cost bounded time and memory", async () => {
    const every = Array.from({ length: 50_000 }, () => "Device.");
    const started = performance.now();
    const changes = every.map((path) => ({ path, accessList: ["Subscriber"] }));
    expect((await box.execute({ method: "SetParameterAttributes", parameters: changes })).body).toMatchObject(
      {
        faultCode: 9004,
      },
    );
    expect((await box.execute({ method: "GetParameterAttributes", names: every })).body.method).not.toBe(
      "Fault",
    );
    expect((await box.execute({ method: "GetParameterValues", names: every })).body.method).not.toBe("Fault");
    const name = `${"Device.".repeat(200_000)}1.`;
    expect((await box.execute({ method: "DeleteObject", path: name, parameterKey: "" })).body).toMatchObject({
      faultCode: 9005,
    });
    // A bound on a hang, no claim about speed.
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});

describe("AddObject, DeleteObject", () => {
  const table = "Device.Table.";
  const declared = [
    {
      path: "Device.ManagementServer.",
      access: "readOnly",
      parameters: [{ name: "ParameterKey", type: "string", access: "readOnly" }],
    },
    {
      path: "Device.Table.{i}.",
      access: "readWrite",
      mostRows: 2,
      parameters: [{ name: "Name", type: "string", access: "readWrite" }],
    },
  ] as const;
  const add = (path: string, parameterKey = "k") => box.execute({ method: "AddObject", path, parameterKey });
  const remove = (path: string) => box.execute({ method: "DeleteObject", path, parameterKey: "d" });

  it("come and go, with their key", async () => {
    box = new RpcRig(new DataModel([{ path: "Device.", access: "readOnly", parameters: [] }, ...declared]));
    expect((await add(table)).body).toEqual({ method: "AddObjectResponse", instance: 1, status: 0 });
    expect(box.model.value(`${server}ParameterKey`)).toBe("k");
    await add(table);
    expect((await add(table, "no")).body).toMatchObject({ faultCode: 9004, soapCode: "Server" });
    expect(box.model.value(`${server}ParameterKey`)).toBe("k");
    expect((await remove(`${table}1.`)).body).toEqual({ method: "DeleteObjectResponse", status: 0 });
    expect((await remove(`${table}1.`)).body).toMatchObject({ faultCode: 9005 });
  });

  it.each<[string, string, number]>([
    ["the rows of the hardware", "Device.Services.VoiceService.1.SIP.Client.", 9004],
    ["a table that is the device's own", "Device.DeviceInfo.FirmwareImage.", 9005],
    ["what is no table", "Device.DeviceInfo.", 9005],
    ["what does not exist", "Device.Nothing.", 9005],
    ["a parameter", "Device.DeviceInfo.UpTime", 9005],
    ["the empty name", "", 9005],
  ])("add nothing to %s", async (_name, path, faultCode) => {
    expect((await add(path)).body).toMatchObject({ method: "Fault", faultCode });
  });

  it("delete no row of the hardware, and take no key that is too long", async () => {
    expect((await remove("Device.Services.VoiceService.1.SIP.Client.1.")).body).toMatchObject({
      faultCode: 9001,
    });
    expect((await remove("Device.Services.VoiceService.1.SIP.Client.")).body).toMatchObject({
      faultCode: 9005,
    });
    expect((await add(table, "k".repeat(33))).body).toMatchObject({ faultCode: 9003 });
  });
});

describe("ScheduleInform", () => {
  it("is kept; a delay of nothing is refused", async () => {
    expect((await box.execute({ method: "ScheduleInform", delaySeconds: 5, commandKey: "k" })).body).toEqual({
      method: "ScheduleInformResponse",
    });
    expect(box.queued).toEqual([[5, "k"]]);
    expect(
      (await box.execute({ method: "ScheduleInform", delaySeconds: 0, commandKey: "k" })).body,
    ).toMatchObject({ faultCode: 9003 });
    expect(
      (await box.execute({ method: "ScheduleInform", delaySeconds: 1, commandKey: "k".repeat(33) })).body,
    ).toMatchObject({ faultCode: 9003 });
  });
});

describe("any RPC", () => {
  it("that fails unexpectedly becomes 9002, without the reason, which is logged", async () => {
    box.outcome = () => Promise.reject(new Error("/var/secret"));
    expect((await box.execute(asked)).body).toEqual({
      method: "Fault",
      faultCode: 9002,
      faultString: "Internal error",
      soapCode: "Server",
    });
    expect(box.errors).toHaveLength(1);
  });

  it("that is not the device's is 9000", async () => {
    expect((await box.execute({ method: "InformResponse", maxEnvelopes: 1 })).body).toMatchObject({
      faultCode: 9000,
    });
  });
});
