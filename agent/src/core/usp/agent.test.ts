import { describe, expect, it, vi } from "vitest";
import { DataModel, type ObjectDeclaration } from "../data-model/index.ts";
import { createUspAgent, type UspAgent, type UspReply } from "./agent.ts";
import { UspError } from "./error.ts";
import { decodeMessage, encodeMessage, type UspMessage, type UspMessageInit } from "./message.ts";
import { type Clock, retryDelay } from "./notifier.ts";
import { type Operate, unknownCommand } from "./operate.ts";
import { decodeRecord, encodeRecord } from "./record.ts";
import { notifyValueChanges } from "./value-changes.ts";

const declared: readonly ObjectDeclaration[] = [
  { path: "Device.", access: "readOnly", parameters: [] },
  {
    path: "Device.Info.",
    access: "readOnly",
    parameters: [
      { name: "Serial", type: "string", access: "readOnly", default: "S1" },
      { name: "Code", type: "string", access: "readWrite", maxLength: 4 },
      { name: "Limit", type: "unsignedInt", access: "readWrite", default: "5", maximum: 9 },
      { name: "Password", type: "string", access: "readWrite", secret: true },
    ],
  },
  {
    path: "Device.Info.Deep.",
    access: "readOnly",
    parameters: [{ name: "X", type: "string", access: "readOnly", default: "x" }],
  },
  {
    path: "Device.Line.{i}.",
    access: "readOnly",
    parameters: [{ name: "Enable", type: "boolean", access: "readWrite", default: "false" }],
  },
];
const agentId = "os::0019B9-S1";
const controllerId = "self::tonalite-acs";

class FakeClock implements Clock {
  #time = 0;
  #tasks = new Set<{ at: number; task: () => void }>();
  now = (): number => this.#time;
  after(milliseconds: number, task: () => void): () => void {
    const entry = { at: this.#time + milliseconds, task };
    this.#tasks.add(entry);
    return () => this.#tasks.delete(entry);
  }
  advance(milliseconds: number): void {
    const end = this.#time + milliseconds;
    for (;;) {
      const next = [...this.#tasks].filter((entry) => entry.at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#tasks.delete(next);
      this.#time = next.at;
      next.task();
    }
    this.#time = end;
  }
}

function setUp(operate: Operate = (command) => unknownCommand(command)): {
  agent: UspAgent;
  model: DataModel;
  clock: FakeClock;
} {
  const model = new DataModel(declared);
  model.addInstance("Device.Line.", 1);
  model.addInstance("Device.Line.", 2);
  const clock = new FakeClock();
  const log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  let count = 0;
  const newMessageId = (): string => `m${(count += 1)}`;
  const options = {
    model,
    endpointId: agentId,
    operate,
    log,
    clock,
    random: () => 0.5,
    newMessageId,
    maximumPending: 2,
  };
  return { agent: createUspAgent(options), model, clock };
}

const record = (message: UspMessageInit, fromId = controllerId, toId = agentId): Uint8Array =>
  encodeRecord({ kind: "message", toId, fromId, payload: encodeMessage(message) });

function read(bytes: Uint8Array): UspMessage {
  const decoded = decodeRecord(bytes);
  if (decoded.kind !== "message") throw new Error(decoded.kind);
  return decodeMessage(decoded.payload);
}

function messageOf(replies: readonly UspReply[]): UspMessage {
  expect(replies).toHaveLength(1);
  const [reply] = replies;
  if (reply?.kind !== "record") throw new Error(`an error reply: ${reply?.message}`);
  return read(reply.bytes);
}

const ask = async (agent: UspAgent, message: UspMessageInit): Promise<UspMessage> =>
  messageOf(await agent.handle(record(message)));

describe("Get", () => {
  const results = async (path: string, maxDepth = 0): Promise<unknown> => {
    const message = await ask(setUp().agent, {
      msgId: "1",
      type: "Get",
      body: { paramPaths: [path], maxDepth },
    });
    return message.type === "GetResp" ? message.body.reqPathResults[0] : message;
  };
  const deep = { resolvedPath: "Device.Info.Deep.", resultParams: { X: "x" } };
  const info = {
    resolvedPath: "Device.Info.",
    resultParams: { Serial: "S1", Code: "", Limit: "5", Password: "" },
  };

  it("one parameter, a partial path, a depth, wildcards", async () => {
    expect(await results("Device.Info.Serial")).toMatchObject({
      errCode: 0,
      resolvedPathResults: [{ resolvedPath: "Device.Info.", resultParams: { Serial: "S1" } }],
    });
    expect(await results("Device.Info.")).toMatchObject({ resolvedPathResults: [info, deep] });
    expect(await results("Device.Info.", 1)).toMatchObject({ resolvedPathResults: [info] });
    const lines = [1, 2].map((line) => ({
      resolvedPath: `Device.Line.${line}.`,
      resultParams: { Enable: "false" },
    }));
    expect(await results("Device.Line.*.")).toMatchObject({ errCode: 0, resolvedPathResults: lines });
    expect(await results("Device.Line.*.Enable")).toMatchObject({ resolvedPathResults: lines });
    expect(await results("Device.Line.", 1)).toMatchObject({ resolvedPathResults: lines });
    expect(await results("Device.Line.*.Nothing")).toMatchObject({ errCode: 0, resolvedPathResults: [] });
  });

  it("each bad path fails by itself", async () => {
    expect(await results("Device.Nothing")).toMatchObject({ errCode: 7026 });
    expect(await results("Device.Line.9.")).toMatchObject({ errCode: 7026 });
    expect(await results('Device.Line.[Enable=="true"].')).toMatchObject({ errCode: 7008 });
    expect(await results("x".repeat(5000))).toMatchObject({ errCode: 7008 });
  });
});

describe("Set", () => {
  const set = (
    allowPartial: boolean,
    ...updateObjs: [string, [string, string, boolean?][]][]
  ): UspMessageInit => ({
    msgId: "1",
    type: "Set",
    body: {
      allowPartial,
      updateObjs: updateObjs.map(([objPath, settings]) => ({
        objPath,
        paramSettings: settings.map(([param, value, required = true]) => ({ param, value, required })),
      })),
    },
  });

  it("changes, reads back in canonical form, and shows no secret", async () => {
    const { agent, model } = setUp();
    const answer = await ask(
      agent,
      set(
        false,
        [
          "Device.Info.",
          [
            ["Limit", "007"],
            ["Password", "geheim"],
          ],
        ],
        ["Device.Line.*.", [["Enable", "1"]]],
      ),
    );
    expect(answer).toMatchObject({
      type: "SetResp",
      body: {
        updatedObjResults: [
          {
            operStatus: {
              operSuccess: {
                updatedInstResults: [
                  { affectedPath: "Device.Info.", updatedParams: { Limit: "7", Password: "" } },
                ],
              },
            },
          },
          {
            operStatus: {
              operSuccess: {
                updatedInstResults: [
                  { updatedParams: { Enable: "true" } },
                  { updatedParams: { Enable: "true" } },
                ],
              },
            },
          },
        ],
      },
    });
    expect(model.value("Device.Info.Password")).toBe("geheim");
  });

  it("without allow_partial: all or nothing", async () => {
    const { agent, model } = setUp();
    const answer = await ask(
      agent,
      set(false, ["Device.Info.", [["Code", "ab"]]], ["Device.Line.1.", [["Enable", "maybe"]]]),
    );
    expect(answer).toMatchObject({
      type: "Error",
      body: { errCode: 7004, paramErrs: [{ paramPath: "Device.Line.1.Enable", errCode: 7012 }] },
    });
    expect(model.value("Device.Info.Code")).toBe("");
    const missing = await ask(agent, { ...set(false, ["Device.None.", [["Code", "ab"]]]), msgId: "2" });
    expect(missing).toMatchObject({
      type: "Error",
      body: { paramErrs: [{ paramPath: "Device.None.", errCode: 7016 }] },
    });
  });

  it("with allow_partial: each object by itself", async () => {
    const { agent, model } = setUp();
    const answer = await ask(
      agent,
      set(
        true,
        ["Device.Info.", [["Code", "ab"]]],
        ["Device.Line.1.", [["Enable", "maybe"]]],
        ["Device.None.", [["A", "1"]]],
      ),
    );
    expect(answer).toMatchObject({
      type: "SetResp",
      body: {
        updatedObjResults: [
          { operStatus: { operSuccess: {} } },
          {
            operStatus: {
              operFailure: {
                errCode: 7021,
                updatedInstFailures: [
                  { affectedPath: "Device.Line.1.", paramErrs: [{ param: "Enable", errCode: 7012 }] },
                ],
              },
            },
          },
          { operStatus: { operFailure: { errCode: 7016 } } },
        ],
      },
    });
    expect(model.value("Device.Info.Code")).toBe("ab");
  });

  it("a parameter that is not required fails alone", async () => {
    const { agent, model } = setUp();
    const answer = await ask(
      agent,
      set(false, [
        "Device.Info.",
        [
          ["Code", "ab"],
          ["Serial", "x", false],
          ["Limit", "99", false],
          ["No", "1", false],
        ],
      ]),
    );
    expect(answer).toMatchObject({
      body: {
        updatedObjResults: [
          {
            operStatus: {
              operSuccess: {
                updatedInstResults: [
                  {
                    updatedParams: { Code: "ab" },
                    paramErrs: [{ errCode: 7013 }, { errCode: 7012 }, { errCode: 7010 }],
                  },
                ],
              },
            },
          },
        ],
      },
    });
    expect(model.value("Device.Info.Code")).toBe("ab");
  });
});

describe("Operate", () => {
  const operate = (command: string, sendResp = true, msgId = "1"): UspMessageInit => ({
    msgId,
    type: "Operate",
    body: { command, commandKey: "k", sendResp, inputArgs: { A: "1" } },
  });

  it("answers first, acts after the reply, once for a repeated request, again for a new one", async () => {
    const reboot = vi.fn();
    const calls = vi.fn<Operate>(() => ({ state: "done", output: { B: "2" }, afterReply: reboot }));
    const { agent, clock } = setUp(calls);
    const request = record(operate("Device.Reboot()"));
    const first = await agent.handle(request);
    expect(messageOf(first)).toMatchObject({
      type: "OperateResp",
      body: {
        operationResults: [{ executedCommand: "Device.Reboot()", reqOutputArgs: { outputArgs: { B: "2" } } }],
      },
    });
    expect(reboot).not.toHaveBeenCalled();
    if (first[0]?.kind === "record") first[0].afterReply?.();
    expect(reboot).toHaveBeenCalledOnce();
    const [again] = await agent.handle(request);
    expect(again).toMatchObject({ kind: "record" });
    expect(again).not.toHaveProperty("afterReply");
    expect(calls).toHaveBeenCalledExactlyOnceWith("Device.Reboot()", { A: "1" }, "k");
    clock.advance(61_000);
    await agent.handle(request);
    expect(calls).toHaveBeenCalledTimes(2);
  });

  it("failures are results, and nothing is answered when no answer is wanted", async () => {
    const { agent } = setUp((command) => {
      if (command === "Device.Throw()") throw new Error("out of order");
      return unknownCommand(command);
    });
    const failure = async (command: string, msgId: string): Promise<unknown> => {
      const message = await ask(agent, operate(command, true, msgId));
      return message.type === "OperateResp" ? message.body.operationResults[0]?.cmdFailure : message;
    };
    expect(await failure("Device.Nothing()", "1")).toMatchObject({ errCode: 7026 });
    expect(await failure("Device.Throw()", "2")).toEqual({ errCode: 7022, errMsg: "out of order" });
    expect(await failure("rm -rf", "3")).toMatchObject({ errCode: 7008 });
    expect(await agent.handle(record(operate("Device.Nothing()", false, "4")))).toEqual([]);
  });
});

describe("what is not for this agent", () => {
  const get: UspMessageInit = { msgId: "1", type: "Get", body: { paramPaths: ["Device."] } };

  it("strangers, other addressees, garbage, other requests", async () => {
    const { agent } = setUp();
    expect(messageOf(await agent.handle(record(get, "self::stranger")))).toMatchObject({
      type: "Error",
      body: { errCode: 7006 },
    });
    expect(
      await agent.handle(record({ msgId: "1", type: "NotifyResp", body: {} }, "self::stranger")),
    ).toEqual([]);
    expect(await agent.handle(record(get, controllerId, "os::other"))).toEqual([]);
    expect(await agent.handle(Buffer.from("hello"))).toMatchObject([{ kind: "error", code: 7100 }]);
    expect(await ask(agent, { msgId: "9", type: "Notify", body: {} })).toMatchObject({
      type: "Error",
      body: { errCode: 7001 },
    });
    expect(await ask(agent, { msgId: "9", type: "GetSupportedProtocol", body: {} })).toMatchObject({
      type: "GetSupportedProtocolResp",
      body: { agentSupportedProtocolVersions: "1.0,1.1,1.2,1.3" },
    });
  });
});

describe("Notify", () => {
  const entry = (agent: UspAgent): Promise<void> =>
    agent.notifyEvent("Device.X_TONALITE_Journal.", "Entry!", { Id: "1" }, true);
  const response = (msgId: string): Uint8Array => record({ msgId, type: "NotifyResp", body: {} });

  it("the waits are those of TR-369", () => {
    const ranges = [1, 2, 9, 10, 11, 50].map((attempt) => [
      retryDelay(attempt, 0) / 1000,
      retryDelay(attempt, 1) / 1000,
    ]);
    expect(ranges).toEqual([
      [5, 10],
      [10, 20],
      [1280, 2560],
      [2560, 5120],
      [2560, 5120],
      [2560, 5120],
    ]);
  });

  it("is sent again, as the same message, until it is answered", async () => {
    const { agent, clock } = setUp();
    const sent: string[] = [];
    agent.connected((bytes, id) => {
      expect(read(bytes)).toMatchObject({
        type: "Notify",
        msgId: id,
        body: { event: { params: { Id: "1" } } },
      });
      sent.push(id);
    });
    const done = entry(agent);
    clock.advance(7500);
    clock.advance(15_000);
    expect(sent).toEqual(["m1", "m1", "m1"]);
    await agent.handle(response("m1"));
    await done;
    clock.advance(1e7);
    expect(sent).toHaveLength(3);
    expect(agent.waitingNotifications).toBe(0);
  });

  it("waits for a connection, goes out at once when there is one, and is bounded", async () => {
    const { agent, clock } = setUp();
    const first = entry(agent);
    const second = entry(agent);
    await expect(entry(agent)).rejects.toMatchObject({ code: "QUEUE_FULL" });
    const sent: string[] = [];
    const send = (_: Uint8Array, id: string): void => void sent.push(id);
    clock.advance(1e6);
    agent.connected(send);
    expect(sent).toEqual(["m1", "m2"]);
    agent.disconnected();
    clock.advance(1e6);
    agent.connected(send);
    expect(sent).toEqual(["m1", "m2", "m1", "m2"]);
    await agent.handle(response("m2"));
    await agent.handle(record({ msgId: "m1", type: "Error", body: { errCode: 7002, errMsg: "no" } }));
    await expect(first).rejects.toMatchObject({ code: "REFUSED" });
    await second;
  });

  it("tells what the device changes, while there is a connection", async () => {
    const { agent, model } = setUp();
    const log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
    const end = notifyValueChanges({ model, usp: agent, wanted: (path) => path.endsWith(".Serial"), log });
    model.publish("Device.Info.Serial", "S0");
    await vi.waitFor(() => expect(log.debug).toHaveBeenCalled(), { timeout: 20_000 });
    const told: unknown[] = [];
    agent.connected((bytes) => {
      const message = read(bytes);
      if (message.type === "Notify") told.push(message.body.valueChange);
    });
    model.publish("Device.Info.Serial", "S2");
    model.publish("Device.Info.Deep.X", "y");
    model.write([{ path: "Device.Info.Code", value: "c" }], "usp");
    expect(told).toEqual([{ paramPath: "Device.Info.Serial", paramValue: "S2" }]);
    end();
    model.publish("Device.Info.Serial", "S3");
    expect(told).toHaveLength(1);
  });

  it("expires, and ends with the agent", async () => {
    const { agent, clock } = setUp();
    agent.connected(() => {});
    const expiring = agent.notify({ sendResp: true }, 60);
    clock.advance(61_000);
    await expect(expiring).rejects.toMatchObject({ code: "EXPIRED" });
    const stopping = entry(agent);
    agent.stop();
    await expect(stopping).rejects.toBeInstanceOf(UspError);
    await expect(agent.notify({ sendResp: false })).rejects.toMatchObject({ code: "EXPIRED" });
  });
});
