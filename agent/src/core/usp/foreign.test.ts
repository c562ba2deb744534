import { makeEncode, makeSession, readMsg, readRecord } from "usp-js/node/commands/index.js";
import { loadProtobuf } from "usp-js/node/configurations/mqtt.js";
import { beforeAll, describe, expect, it } from "vitest";
import { decodeMessage, encodeMessage, type UspMessageInit } from "./message.ts";
import { decodeRecord, encodeRecord } from "./record.ts";

// usp-js (iopsys) reads and writes with protobufjs and the Broadband Forum's schemas: nothing of it is ours.
const agentId = "os::0019B9-T0001";
const controllerId = "self::tonalite-acs";
type Foreign = Awaited<ReturnType<typeof loadProtobuf>>;
let foreign: Foreign;

beforeAll(async () => {
  foreign = await loadProtobuf("1.3");
});

type Command = Parameters<ReturnType<typeof makeEncode>>[1];

function foreignRequest(command: Command, args: Record<string, unknown>): ReturnType<typeof decodeMessage> {
  const encode = makeEncode({ fromId: controllerId, toId: agentId }, false);
  const [, bytes, error] = encode(foreign, command, "1.3", args, makeSession(null));
  expect(error).toBeNull();
  const record = decodeRecord(bytes as Uint8Array);
  if (record.kind !== "message") throw new Error(`usp-js sent a ${record.kind}`);
  expect(record).toMatchObject({ toId: agentId, fromId: controllerId });
  return decodeMessage(record.payload);
}

/** What usp-js makes of a message of ours. */
function readByForeign(message: UspMessageInit): unknown {
  const payload = encodeMessage(message);
  const bytes = encodeRecord({ kind: "message", toId: controllerId, fromId: agentId, payload });
  const [decoded, record] = readRecord(foreign, bytes);
  expect(record).toMatchObject({ version: "1.3", toId: controllerId, fromId: agentId });
  const [parsed, error] = readMsg(foreign, decoded, record);
  expect(error).toBeNull();
  return parsed;
}

describe("what usp-js sends is understood", () => {
  it("Get", () => {
    const message = foreignRequest("GET", { paths: ["Device.DeviceInfo.", "Device.MQTT.Client.*.Status"] });
    expect(message).toMatchObject({
      type: "Get",
      body: { paramPaths: ["Device.DeviceInfo.", "Device.MQTT.Client.*.Status"], maxDepth: 0 },
    });
  });

  it("Set", () => {
    const message = foreignRequest("SET", { path: "Device.DeviceInfo.ProvisioningCode", value: "PRÊT" });
    expect(message).toMatchObject({
      type: "Set",
      body: {
        updateObjs: [
          { objPath: "Device.DeviceInfo.", paramSettings: [{ param: "ProvisioningCode", value: "PRÊT" }] },
        ],
      },
    });
  });

  it("Operate", () => {
    const message = foreignRequest("OPERATE", {
      id: "OPERATE@1",
      path: "Device.Reboot()",
      resp: true,
      input: { Cause: "test" },
      commandKey: "k1",
    });
    expect(message).toMatchObject({
      type: "Operate",
      body: { command: "Device.Reboot()", sendResp: true, inputArgs: { Cause: "test" } },
    });
  });

  it("GetSupportedProtocol and NotifyResp", () => {
    expect(foreignRequest("GET_SUPPORTED_PROTO", { proto: "1.3" })).toMatchObject({
      type: "GetSupportedProtocol",
    });
    expect(foreignRequest("NOTIFY_RESP", { subscriptionId: "s1", msgId: "NOTIFY@7" })).toMatchObject({
      type: "NotifyResp",
      msgId: "NOTIFY@7",
      body: { subscriptionId: "s1" },
    });
  });

  it("a message that this product does not know", () => {
    expect(foreignRequest("GET_INSTANCES", { paths: ["Device."], opts: {} })).toMatchObject({
      type: "Unsupported",
      msgType: 14,
    });
  });
});

describe("what we send is understood by usp-js", () => {
  it("GetResp", () => {
    const resolvedPathResults = [
      { resolvedPath: "Device.DeviceInfo.", resultParams: { SerialNumber: "T0001", é: "ü" } },
    ];
    const reqPathResults = [
      { requestedPath: "Device.DeviceInfo.", errCode: 0, errMsg: "", resolvedPathResults },
      { requestedPath: "Device.Nothing.", errCode: 7026, errMsg: "no such object", resolvedPathResults: [] },
    ];
    expect(readByForeign({ msgId: "GET@1", type: "GetResp", body: { reqPathResults } })).toMatchObject({
      header: { msgId: "GET@1", msgType: "GET_RESP" },
      body: {
        response: {
          getResp: { reqPathResults: [{ resolvedPathResults }, { errCode: 7026, errMsg: "no such object" }] },
        },
      },
    });
  });

  it("SetResp, OperateResp, Error, NotifyResp, GetSupportedProtocolResp", () => {
    const operSuccess = { updatedInstResults: [{ affectedPath: "Device.X.", updatedParams: { A: "1" } }] };
    const setResp = { updatedObjResults: [{ requestedPath: "Device.X.", operStatus: { operSuccess } }] };
    expect(readByForeign({ msgId: "1", type: "SetResp", body: setResp })).toMatchObject({
      body: { response: { setResp } },
    });
    const operateResp = {
      operationResults: [{ executedCommand: "Device.Reboot()", cmdFailure: { errCode: 7022, errMsg: "no" } }],
    };
    expect(readByForeign({ msgId: "1", type: "OperateResp", body: operateResp })).toMatchObject({
      body: { response: { operateResp } },
    });
    const error = {
      errCode: 7004,
      errMsg: "no",
      paramErrs: [{ paramPath: "Device.X.A", errCode: 7012, errMsg: "bad" }],
    };
    expect(readByForeign({ msgId: "1", type: "Error", body: error })).toMatchObject({ body: { error } });
    expect(readByForeign({ msgId: "1", type: "NotifyResp", body: {} })).toMatchObject({
      body: { response: { notifyResp: {} } },
    });
    const proto = { agentSupportedProtocolVersions: "1.3" };
    expect(readByForeign({ msgId: "1", type: "GetSupportedProtocolResp", body: proto })).toMatchObject({
      body: { response: { getSupportedProtocolResp: proto } },
    });
  });

  it("Notify: event, value change, operation complete, on-board request", () => {
    const event = {
      objPath: "Device.X_TONALITE_Journal.",
      eventName: "Entry!",
      params: { Id: "1", Data: "{}" },
    };
    const valueChange = { paramPath: "Device.X.A", paramValue: "2" };
    const operComplete = {
      objPath: "Device.",
      commandName: "X()",
      commandKey: "k",
      reqOutputArgs: { outputArgs: { B: "3" } },
    };
    const onBoardReq = {
      oui: "0019B9",
      productClass: "ATA",
      serialNumber: "1",
      agentSupportedProtocolVersions: "1.3",
    };
    for (const notify of [{ event }, { valueChange }, { operComplete }, { onBoardReq }]) {
      const body = { subscriptionId: "s", sendResp: true, ...notify };
      expect(readByForeign({ msgId: "n", type: "Notify", body })).toMatchObject({
        body: { request: { notify: body } },
      });
    }
  });

  it("connect and disconnect records", () => {
    const type = foreign.rootRecord.lookupType("usp_record.Record");
    const ends = { toId: controllerId, fromId: agentId };
    const connect = encodeRecord({ kind: "mqtt-connect", ...ends, subscribedTopic: "usp/agent/x" });
    expect(type.toObject(type.decode(connect), { enums: String })).toMatchObject({
      mqttConnect: { version: "V5", subscribedTopic: "usp/agent/x" },
    });
    const disconnect = encodeRecord({ kind: "disconnect", ...ends, reason: "stopping", reasonCode: 0 });
    expect(type.toObject(type.decode(disconnect))).toMatchObject({ disconnect: { reason: "stopping" } });
  });
});
