import type { CwmpMessage } from "./types.ts";

const value = { path: "Device.DeviceInfo.SoftwareVersion", value: "1.2.3", type: "string" } as const;
const times = { startTime: "2026-11-22T00:00:00Z", completeTime: "2026-11-22T00:01:00Z" };

/** For tests: one message of every method, with text that has to be escaped. */
export const sampleMessages: readonly CwmpMessage[] = [
  {
    method: "Inform",
    deviceId: {
      manufacturer: "Tonalité & Co <x>",
      oui: "00AABB",
      productClass: "ATA 1",
      serialNumber: "00-1",
    },
    events: [
      { eventCode: "0 BOOTSTRAP", commandKey: "" },
      { eventCode: "6 CONNECTION REQUEST", commandKey: "" },
      { eventCode: "M Download", commandKey: "job 7" },
    ],
    maxEnvelopes: 1,
    currentTime: "2026-11-22T00:00:00Z",
    retryCount: 3,
    parameters: [
      value,
      { path: "Device.A", value: "a\tb\nc\rd ]]> 'é' \"💶\"", type: "string" },
      { path: "Device.B", value: "4294967295", type: "unsignedInt" },
      { path: "Device.C", value: "true", type: "boolean" },
      { path: "Device.D", value: "AAEC", type: "base64" },
      { path: "Device.E", value: "", type: "string" },
    ],
  },
  { method: "InformResponse", maxEnvelopes: 1 },
  { method: "GetParameterValues", names: ["Device.DeviceInfo.", "Device.ManagementServer.URL"] },
  { method: "GetParameterValuesResponse", parameters: [value] },
  { method: "SetParameterValues", parameters: [value], parameterKey: "key" },
  { method: "SetParameterValuesResponse", status: 1 },
  { method: "GetParameterNames", path: "Device.", nextLevel: true },
  { method: "GetParameterNamesResponse", parameters: [{ path: "Device.DeviceInfo.", writable: false }] },
  { method: "GetRPCMethods" },
  { method: "GetRPCMethodsResponse", methods: ["GetRPCMethods", "Inform"] },
  { method: "Reboot", commandKey: "why" },
  { method: "RebootResponse" },
  { method: "FactoryReset" },
  { method: "FactoryResetResponse" },
  {
    method: "Download",
    commandKey: "job 7",
    fileType: "1 Firmware Upgrade Image",
    url: "http://acs.example/firmware/1?a=1&b=2",
    username: "u",
    password: "p<&>",
    fileSize: 1234,
    targetFileName: "",
    delaySeconds: 0,
    successUrl: "",
    failureUrl: "",
  },
  { method: "DownloadResponse", status: 0, ...times },
  {
    method: "TransferComplete",
    commandKey: "job 7",
    fault: { code: 9010, string: "no space" },
    ...times,
  },
  { method: "TransferCompleteResponse" },
  {
    method: "SetParameterAttributes",
    parameters: [
      { path: "Device.", notification: 2 },
      { path: "Device.A", accessList: ["Subscriber"] },
      { path: "Device.B", notification: 0, accessList: [] },
    ],
  },
  { method: "SetParameterAttributesResponse" },
  { method: "GetParameterAttributes", names: ["Device."] },
  {
    method: "GetParameterAttributesResponse",
    parameters: [
      { path: "Device.A", notification: 1, accessList: ["Subscriber"] },
      { path: "Device.B", notification: 0, accessList: [] },
    ],
  },
  { method: "AddObject", path: "Device.Table.", parameterKey: "key" },
  { method: "AddObjectResponse", instance: 3, status: 0 },
  { method: "DeleteObject", path: "Device.Table.3.", parameterKey: "key" },
  { method: "DeleteObjectResponse", status: 0 },
  { method: "ScheduleInform", delaySeconds: 60, commandKey: "soon" },
  { method: "ScheduleInformResponse" },
  {
    method: "Upload",
    commandKey: "job 8",
    fileType: "2 Vendor Log File",
    url: "http://acs.example/logs/1?a=1&b=2",
    username: "u",
    password: "p<&>",
    delaySeconds: 5,
  },
  { method: "UploadResponse", status: 1, ...times },
  { method: "GetQueuedTransfers" },
  { method: "GetQueuedTransfersResponse", transfers: [{ commandKey: "job 7", state: 2 }] },
  {
    method: "RequestDownload",
    fileType: "1 Firmware Upgrade Image",
    arguments: [{ name: "a", value: "<b>" }],
  },
  { method: "RequestDownloadResponse" },
  {
    method: "Fault",
    faultCode: 9003,
    faultString: "Invalid arguments",
    soapCode: "Client",
    setParameterFaults: [{ path: "Device.A", code: 9007, message: "must be one of <b>" }],
  },
  { method: "Fault", faultCode: 8005, faultString: "Retry request", soapCode: "Server" },
];

const queued = {
  commandKey: "job 8",
  state: 1,
  isDownload: true,
  fileType: "1 Firmware Upgrade Image",
  fileSize: 0,
  targetFileName: "",
} as const;

/** Messages that came with cwmp-1-1. */
export const sampleMessages11: readonly CwmpMessage[] = [
  { method: "GetAllQueuedTransfers" },
  { method: "GetAllQueuedTransfersResponse", transfers: [queued] },
  {
    method: "AutonomousTransferComplete",
    announceUrl: "",
    transferUrl: "http://acs.example/x",
    isDownload: true,
    fileType: "1 Firmware Upgrade Image",
    fileSize: 12,
    targetFileName: "",
    fault: { code: 0, string: "" },
    ...times,
  },
  { method: "AutonomousTransferCompleteResponse" },
];

/** Messages that came with cwmp-1-2. */
export const sampleMessages12: readonly CwmpMessage[] = [
  {
    method: "ScheduleDownload",
    commandKey: "job 9",
    fileType: "1 Firmware Upgrade Image",
    url: "http://acs.example/firmware/1?a=1&b=2",
    username: "u",
    password: "p<&>",
    fileSize: 1234,
    targetFileName: "",
    windows: [
      { start: 0, end: 3600, mode: "3 When Idle", userMessage: "", maxRetries: -1 },
      { start: 3600, end: 7200, mode: "1 At Any Time", userMessage: "night & day", maxRetries: 2 },
    ],
  },
  { method: "ScheduleDownloadResponse" },
  { method: "CancelTransfer", commandKey: "job 9" },
  { method: "CancelTransferResponse" },
];
