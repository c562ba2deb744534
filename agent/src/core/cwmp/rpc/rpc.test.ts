import { beforeEach, describe, expect, it } from "vitest";
import { createDeviceModel, DataModel } from "../../data-model/index.ts";
import { AttributeTable } from "../attributes.ts";
import type { CwmpMessage, Download, ScheduleDownload, TimeWindow, Upload } from "../types.ts";
import { executeRpc } from "./registry.ts";
import type { DownloadOutcome, Refusal } from "./rpc.ts";

const server = "Device.ManagementServer.";
const asked: Download = {
  method: "Download",
  commandKey: "job",
  fileType: "1 Firmware Upgrade Image",
  url: "https://acs.example/firmware/1",
  username: "",
  password: "",
  fileSize: 0,
  targetFileName: "",
  delaySeconds: 0,
  successUrl: "",
  failureUrl: "",
};
let model: DataModel;
let attributes: AttributeTable;
let outcome: () => Promise<DownloadOutcome>;
let errors: unknown[];
let queued: unknown[];
let refused: Refusal | undefined;
beforeEach(() => {
  model = createDeviceModel({ lines: 1 });
  attributes = new AttributeTable(model, {}, () => undefined);
  outcome = async () => ({ status: 1 });
  errors = [];
  queued = [];
  refused = undefined;
});
const execute = (request: CwmpMessage) =>
  executeRpc(
    request,
    {
      model,
      attributes,
      download: () => outcome(),
      scheduleInform: (delaySeconds, commandKey) => queued.push([delaySeconds, commandKey]),
      transfers: {
        upload: (asked) => (queued.push(asked.fileType), refused),
        schedule: (asked) => (queued.push(asked.windows), refused),
        fetch: (asked) => (queued.push(asked.fileType), refused),
        list: () =>
          Array.from({ length: 20 }, () => ({
            commandKey: "a",
            state: 1,
            isDownload: false,
            fileType: "2 Vendor Log File",
            fileSize: 0,
            targetFileName: "",
          })),
        cancel: (commandKey) => (queued.push(commandKey), refused),
      },
    },
    (error) => errors.push(error),
  );
const set = (parameterKey: string, ...pairs: [string, string][]) =>
  execute({
    method: "SetParameterValues",
    parameterKey,
    parameters: pairs.map(([name, value]) => ({ path: server + name, value, type: "string" })),
  });

describe("GetRPCMethods", () => {
  it("lists what the device executes", async () => {
    const { body } = await execute({ method: "GetRPCMethods" });
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
    const { body } = await set("k", ["PeriodicInformInterval", "60"], ["Username", "u"]);
    expect(body).toEqual({ method: "SetParameterValuesResponse", status: 0 });
    expect([model.value(`${server}PeriodicInformInterval`), model.value(`${server}ParameterKey`)]).toEqual([
      "60",
      "k",
    ]);
  });

  it("says when a value waits for the next start", async () => {
    const path = "Device.Services.VoiceService.1.VoIPProfile.1.RTP.LocalPortMin";
    const change = (value: string) =>
      execute({
        method: "SetParameterValues",
        parameters: [{ path, value, type: "unsignedInt" }],
        parameterKey: "k",
      });
    expect((await change("20000")).body).toMatchObject({ status: 1 });
    expect((await change("20000")).body).toMatchObject({ status: 0 });
  });

  it("changes nothing, the key neither, when one is wrong, and says which and why", async () => {
    const { body } = await set(
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
    expect([model.value(`${server}Username`), model.value(`${server}ParameterKey`)]).toEqual(["", ""]);
  });

  it("refuses to set one parameter twice, and a key that is too long", async () => {
    expect((await set("k", ["Username", "a"], ["Username", "b"])).body).toMatchObject({ faultCode: 9003 });
    expect((await set("k".repeat(33))).body).toMatchObject({ faultCode: 9003 });
    expect(model.value(`${server}Username`)).toBe("");
  });
});

describe("GetParameterValues", () => {
  const get = (...names: string[]) => execute({ method: "GetParameterValues", names });

  it("reads parameters and partial paths, each parameter once, secrets as nothing", async () => {
    model.publish(`${server}Password`, "s3cret");
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
    const { body } = await execute({ method: "GetParameterNames", path, nextLevel });
    expect(body.method === "Fault" ? body.faultCode : undefined).toBe(code);
  });
});

describe("Reboot and FactoryReset", () => {
  it("happen after the session", async () => {
    expect(await execute({ method: "Reboot", commandKey: "why" })).toEqual({
      body: { method: "RebootResponse" },
      later: { reboot: { commandKey: "why" } },
    });
    expect(await execute({ method: "FactoryReset" })).toMatchObject({ later: { factoryReset: true } });
    expect((await execute({ method: "Reboot", commandKey: "k".repeat(33) })).body).toMatchObject({
      faultCode: 9003,
    });
  });
});

describe("SetParameterAttributes, GetParameterAttributes", () => {
  const path = `${server}PeriodicInformInterval`;
  it.each([2, 6])("set what then is read: %i", async (notification) => {
    const parameters = [{ path, notification, accessList: [] }];
    expect((await execute({ method: "SetParameterAttributes", parameters })).body).toEqual({
      method: "SetParameterAttributesResponse",
    });
    expect((await execute({ method: "GetParameterAttributes", names: [path, path] })).body).toEqual({
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
    const answers = await Promise.all(bad.map(execute));
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
    expect((await execute({ method: "SetParameterAttributes", parameters: changes })).body).toMatchObject({
      faultCode: 9004,
    });
    expect((await execute({ method: "GetParameterAttributes", names: every })).body.method).not.toBe("Fault");
    expect((await execute({ method: "GetParameterValues", names: every })).body.method).not.toBe("Fault");
    const name = `${"Device.".repeat(200_000)}1.`;
    expect((await execute({ method: "DeleteObject", path: name, parameterKey: "" })).body).toMatchObject({
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
  const add = (path: string, parameterKey = "k") => execute({ method: "AddObject", path, parameterKey });
  const remove = (path: string) => execute({ method: "DeleteObject", path, parameterKey: "d" });

  it("come and go, with their key", async () => {
    model = new DataModel([{ path: "Device.", access: "readOnly", parameters: [] }, ...declared]);
    expect((await add(table)).body).toEqual({ method: "AddObjectResponse", instance: 1, status: 0 });
    expect(model.value(`${server}ParameterKey`)).toBe("k");
    await add(table);
    expect((await add(table, "no")).body).toMatchObject({ faultCode: 9004, soapCode: "Server" });
    expect(model.value(`${server}ParameterKey`)).toBe("k");
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

describe("Download", () => {
  it.each(["3 Vendor Configuration File", "4 Tone File", "5 Ringer File"])(
    "queues a %s",
    async (fileType) => {
      const request = { ...asked, fileType };
      expect(await execute(request)).toMatchObject({ body: { method: "DownloadResponse", status: 1 } });
      expect(queued).toEqual([fileType]);
      refused = { faultCode: 9004, faultString: "full" };
      expect(await execute(request)).toMatchObject({ body: { method: "Fault", faultCode: 9004 } });
    },
  );

  it.each([
    ["2 Web Content", "no web pages"],
    ["6 Stored Firmware Image", "not known"],
  ])("says why it has no use for %s", async (fileType, why) => {
    const { body } = await execute({ ...asked, fileType });
    expect(body).toMatchObject({ faultCode: 9003, faultString: expect.stringContaining(why) as string });
  });

  it("is accepted with the unknown time, or done with its times", async () => {
    expect((await execute(asked)).body).toEqual({
      method: "DownloadResponse",
      status: 1,
      startTime: "0001-01-01T00:00:00Z",
      completeTime: "0001-01-01T00:00:00Z",
    });
    const times = { startTime: "2026-11-22T00:00:00Z", completeTime: "2026-11-22T00:00:01Z" };
    outcome = async () => ({ status: 0, ...times });
    expect((await execute(asked)).body).toEqual({ method: "DownloadResponse", status: 0, ...times });
  });

  it("is refused in the words of the update engine", async () => {
    outcome = async () => ({ faultCode: 9004, faultString: "an update is under way" });
    expect((await execute(asked)).body).toMatchObject({ faultCode: 9004, soapCode: "Server" });
  });

  it.each<[string, Partial<Download>, number]>([
    ["another kind of file", { fileType: "7 X" }, 9003],
    ["a relative URL", { url: "/firmware" }, 9003],
    ["credentials in the URL", { url: "http://u:p@acs.example/" }, 9003],
    ["another protocol", { url: "ftp://acs.example/x" }, 9013],
    ["a key that is too long", { commandKey: "k".repeat(33) }, 9003],
  ])("of %s is refused", async (_name, change, faultCode) => {
    outcome = () => Promise.reject(new Error("must not be asked"));
    expect((await execute({ ...asked, ...change })).body).toMatchObject({ method: "Fault", faultCode });
  });
});

describe("Upload", () => {
  const log: Upload = {
    method: "Upload",
    commandKey: "u",
    fileType: "2 Vendor Log File",
    url: "http://acs.example/x",
    username: "",
    password: "",
    delaySeconds: 0,
  };

  it("is queued; its outcome follows", async () => {
    expect((await execute(log)).body).toMatchObject({ method: "UploadResponse", status: 1 });
    await execute({ ...log, fileType: "3 Vendor Configuration File 1" });
    expect(queued).toEqual(["2 Vendor Log File", "3 Vendor Configuration File 1"]);
    refused = { faultCode: 9004, faultString: "full" };
    expect((await execute(log)).body).toMatchObject({ faultCode: 9004 });
  });

  it.each<[string, Partial<Upload>, number]>([
    ["a file it has not", { fileType: "4 Vendor Log File 2" }, 9003],
    ["another protocol", { url: "ftp://acs.example/x" }, 9013],
    ["credentials in the URL", { url: "http://u:p@acs.example/" }, 9003],
    ["a key that is too long", { commandKey: "k".repeat(33) }, 9003],
    ["texts without end", { password: "p".repeat(1_000_000) }, 9003],
  ])("of %s is refused", async (_name, change, faultCode) => {
    expect((await execute({ ...log, ...change })).body).toMatchObject({ method: "Fault", faultCode });
    expect(queued).toEqual([]);
  });
});

describe("ScheduleDownload", () => {
  const { delaySeconds: _delay, failureUrl: _failure, successUrl: _success, ...file } = asked;
  const window = (start: number, end: number, mode: string): TimeWindow => ({
    start,
    end,
    mode,
    userMessage: "",
    maxRetries: -1,
  });
  const scheduled: ScheduleDownload = {
    ...file,
    method: "ScheduleDownload",
    windows: [window(0, 60, "3 When Idle"), window(60, 90, "2 Immediately")],
  };

  it("is queued", async () => {
    expect((await execute(scheduled)).body).toEqual({ method: "ScheduleDownloadResponse" });
    expect(queued).toEqual([scheduled.windows]);
  });

  it("is queued in each of the four modes", async () => {
    const modes = ["1 At Any Time", "2 Immediately", "3 When Idle", "4 Confirmation Needed"];
    for (const mode of modes)
      expect((await execute({ ...scheduled, windows: [window(0, 60, mode)] })).body.method).toBe(
        "ScheduleDownloadResponse",
      );
    expect(queued).toHaveLength(4);
  });

  it.each<[string, Partial<ScheduleDownload>, number]>([
    ["without a window", { windows: [] }, 9003],
    [
      "with three",
      {
        windows: [
          window(0, 1, "1 At Any Time"),
          window(2, 3, "1 At Any Time"),
          window(4, 5, "1 At Any Time"),
        ],
      },
      9003,
    ],
    [
      "in windows that overlap",
      { windows: [window(0, 10, "1 At Any Time"), window(9, 20, "1 At Any Time")] },
      9003,
    ],
    ["in a window that ends too early", { windows: [window(5, 5, "1 At Any Time")] }, 9003],
    [
      "with retries that cannot be counted",
      { windows: [{ ...window(0, 10, "3 When Idle"), maxRetries: -2 }] },
      9003,
    ],
    ["in an unknown mode", { windows: [window(0, 10, "5 At Night")] }, 9003],
    ["of another kind of file", { fileType: "2 Web Content" }, 9003],
    ["with texts without end", { url: `http://acs.example/${"a".repeat(1_000_000)}` }, 9003],
    ["over another protocol", { url: "tftp://acs.example/" }, 9013],
  ])("%s is refused", async (_name, change, faultCode) => {
    expect((await execute({ ...scheduled, ...change })).body).toMatchObject({ method: "Fault", faultCode });
    expect(queued).toEqual([]);
  });
});

describe("ScheduleInform", () => {
  it("is kept; a delay of nothing is refused", async () => {
    expect((await execute({ method: "ScheduleInform", delaySeconds: 5, commandKey: "k" })).body).toEqual({
      method: "ScheduleInformResponse",
    });
    expect(queued).toEqual([[5, "k"]]);
    expect(
      (await execute({ method: "ScheduleInform", delaySeconds: 0, commandKey: "k" })).body,
    ).toMatchObject({ faultCode: 9003 });
    expect(
      (await execute({ method: "ScheduleInform", delaySeconds: 1, commandKey: "k".repeat(33) })).body,
    ).toMatchObject({ faultCode: 9003 });
  });
});

describe("queued transfers", () => {
  it("are listed in both forms, as many as the schema allows", async () => {
    expect((await execute({ method: "GetAllQueuedTransfers" })).body).toMatchObject({
      transfers: { length: 16 },
    });
    const { body } = await execute({ method: "GetQueuedTransfers" });
    expect(body).toMatchObject({ transfers: { length: 16, 0: { commandKey: "a", state: 1 } } });
  });

  it("can be cancelled where the queue says so", async () => {
    expect((await execute({ method: "CancelTransfer", commandKey: "a" })).body).toEqual({
      method: "CancelTransferResponse",
    });
    refused = { faultCode: 9021, faultString: "under way" };
    expect((await execute({ method: "CancelTransfer", commandKey: "a" })).body).toMatchObject({
      faultCode: 9021,
      soapCode: "Server",
    });
  });
});

describe("any RPC", () => {
  it("that fails unexpectedly becomes 9002, without the reason, which is logged", async () => {
    outcome = () => Promise.reject(new Error("/var/secret"));
    expect((await execute(asked)).body).toEqual({
      method: "Fault",
      faultCode: 9002,
      faultString: "Internal error",
      soapCode: "Server",
    });
    expect(errors).toHaveLength(1);
  });

  it("that is not the device's is 9000", async () => {
    expect((await execute({ method: "InformResponse", maxEnvelopes: 1 })).body).toMatchObject({
      faultCode: 9000,
    });
  });
});
