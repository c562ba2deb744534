import { enumeration, fixed32, flag, message, messages, text, textMap, texts } from "./protobuf.ts";

/** usp-msg-1-x.proto: the messages that this product reads and writes. */
const parameterError = { param: text(1), errCode: fixed32(2), errMsg: text(3) };
const failure = { errCode: fixed32(1), errMsg: text(2) };
const output = { outputArgs: textMap(1) };

export const bodyTables = {
  Error: {
    errCode: fixed32(1),
    errMsg: text(2),
    paramErrs: messages(3, { paramPath: text(1), errCode: fixed32(2), errMsg: text(3) }),
  },
  Get: { paramPaths: texts(1), maxDepth: fixed32(2) },
  GetResp: {
    reqPathResults: messages(1, {
      requestedPath: text(1),
      errCode: fixed32(2),
      errMsg: text(3),
      resolvedPathResults: messages(4, { resolvedPath: text(1), resultParams: textMap(2) }),
    }),
  },
  Set: {
    allowPartial: flag(1),
    updateObjs: messages(2, {
      objPath: text(1),
      paramSettings: messages(2, { param: text(1), value: text(2), required: flag(3) }),
    }),
  },
  SetResp: {
    updatedObjResults: messages(1, {
      requestedPath: text(1),
      operStatus: message(2, {
        operFailure: message(1, {
          ...failure,
          updatedInstFailures: messages(3, { affectedPath: text(1), paramErrs: messages(2, parameterError) }),
        }),
        operSuccess: message(2, {
          updatedInstResults: messages(1, {
            affectedPath: text(1),
            paramErrs: messages(2, parameterError),
            updatedParams: textMap(3),
          }),
        }),
      }),
    }),
  },
  Operate: { command: text(1), commandKey: text(2), sendResp: flag(3), inputArgs: textMap(4) },
  OperateResp: {
    operationResults: messages(1, {
      executedCommand: text(1),
      reqObjPath: text(2),
      reqOutputArgs: message(3, output),
      cmdFailure: message(4, failure),
    }),
  },
  Notify: {
    subscriptionId: text(1),
    sendResp: flag(2),
    event: message(3, { objPath: text(1), eventName: text(2), params: textMap(3) }),
    valueChange: message(4, { paramPath: text(1), paramValue: text(2) }),
    operComplete: message(7, {
      objPath: text(1),
      commandName: text(2),
      commandKey: text(3),
      reqOutputArgs: message(4, output),
      cmdFailure: message(5, failure),
    }),
    onBoardReq: message(8, {
      oui: text(1),
      productClass: text(2),
      serialNumber: text(3),
      agentSupportedProtocolVersions: text(4),
    }),
  },
  NotifyResp: { subscriptionId: text(1) },
  GetSupportedProtocol: { controllerSupportedProtocolVersions: text(1) },
  GetSupportedProtocolResp: { agentSupportedProtocolVersions: text(1) },
};

export type BodyName = keyof typeof bodyTables;

/** Header.MsgType, and where in Body the message lies. Adding a message is a table above and a line here. */
export const bodyPlaces = {
  Error: { type: 0, part: "error", id: 3 },
  Get: { type: 1, part: "request", id: 1 },
  GetResp: { type: 2, part: "response", id: 1 },
  Notify: { type: 3, part: "request", id: 8 },
  Set: { type: 4, part: "request", id: 4 },
  SetResp: { type: 5, part: "response", id: 4 },
  Operate: { type: 6, part: "request", id: 7 },
  OperateResp: { type: 7, part: "response", id: 7 },
  NotifyResp: { type: 16, part: "response", id: 8 },
  GetSupportedProtocol: { type: 17, part: "request", id: 9 },
  GetSupportedProtocolResp: { type: 18, part: "response", id: 9 },
} as const satisfies Record<BodyName, { type: number; part: "request" | "response" | "error"; id: number }>;

export const headerTable = { msgId: text(1), msgType: enumeration(2) };
