import type { ParameterType } from "../data-model/declaration.ts";

/** The CWMP namespaces met in the field; 1.3 and 1.4 are spoken in the 1-2 namespace, yet some devices say otherwise. */
export const cwmpNamespaces = [
  "urn:dslforum-org:cwmp-1-0",
  "urn:dslforum-org:cwmp-1-1",
  "urn:dslforum-org:cwmp-1-2",
  "urn:dslforum-org:cwmp-1-3",
  "urn:dslforum-org:cwmp-1-4",
] as const;
export type CwmpNamespace = (typeof cwmpNamespaces)[number];

/** Versions of the protocol as the SOAP headers of 1.4 name them, oldest first. */
export const cwmpVersions = ["1.0", "1.1", "1.2", "1.3", "1.4"] as const;
export type CwmpVersion = (typeof cwmpVersions)[number];

/** The SOAP envelope of one CWMP message (TR-069 §3.4). */
export type Envelope = {
  /** The cwmp:ID header. */
  id?: string;
  /** The deprecated header by which the ACS keeps the device from asking. */
  holdRequests?: boolean;
  /** SupportedCWMPVersions of a device's Inform (TR-069 §3.4.7, from 1.4 on). */
  supportedVersions?: readonly CwmpVersion[];
  /** UseCWMPVersion, the ACS's choice of them. */
  useVersion?: CwmpVersion;
  /** A header that its sender wants understood and nobody here knows: the message must not be acted on (SOAP 1.1 §4.2.3). */
  notUnderstood?: string;
  namespace: CwmpNamespace;
  body: CwmpMessage;
};

/** TR-069 A.3.3.1 DeviceIdStruct; OUI is six upper-case hexadecimal digits. */
export type DeviceId = { manufacturer: string; oui: string; productClass: string; serialNumber: string };

/** TR-069 A.3.3.1 EventStruct, for instance `{ eventCode: "2 PERIODIC", commandKey: "" }`. */
export type InformEvent = { eventCode: string; commandKey: string };

/** One value on the wire: XSD lexical form plus its XSD type. */
export type ParameterValueStruct = { path: string; value: string; type: ParameterType };

/** CWMP fault codes of the CPE 9000–9020 and of the ACS 8000–8006 (TR-069 A.5). */
export type FaultCode = number;

export type SetParameterFault = { path: string; code: FaultCode; message: string };

export type Inform = {
  method: "Inform";
  deviceId: DeviceId;
  events: InformEvent[];
  maxEnvelopes: number;
  /** dateTime of the device. */
  currentTime: string;
  /** Sessions in a row that failed before this one. */
  retryCount: number;
  parameters: ParameterValueStruct[];
};
export type InformResponse = { method: "InformResponse"; maxEnvelopes: number };

export type GetParameterValues = { method: "GetParameterValues"; names: string[] };
export type GetParameterValuesResponse = {
  method: "GetParameterValuesResponse";
  parameters: ParameterValueStruct[];
};

export type SetParameterValues = {
  method: "SetParameterValues";
  parameters: ParameterValueStruct[];
  parameterKey: string;
};
/** `status` 1: committed, but not all applied yet (a reboot is needed). */
export type SetParameterValuesResponse = { method: "SetParameterValuesResponse"; status: 0 | 1 };

export type GetParameterNames = { method: "GetParameterNames"; path: string; nextLevel: boolean };
export type GetParameterNamesResponse = {
  method: "GetParameterNamesResponse";
  parameters: { path: string; writable: boolean }[];
};

export type GetRpcMethods = { method: "GetRPCMethods" };
export type GetRpcMethodsResponse = { method: "GetRPCMethodsResponse"; methods: string[] };

export type Reboot = { method: "Reboot"; commandKey: string };
export type RebootResponse = { method: "RebootResponse" };
export type FactoryReset = { method: "FactoryReset" };
export type FactoryResetResponse = { method: "FactoryResetResponse" };

export type Download = {
  method: "Download";
  commandKey: string;
  /** For instance `1 Firmware Upgrade Image`. */
  fileType: string;
  url: string;
  username: string;
  password: string;
  /** Bytes; 0 when the ACS does not say. */
  fileSize: number;
  targetFileName: string;
  delaySeconds: number;
  successUrl: string;
  failureUrl: string;
};
/** `status` 1: accepted, the outcome follows as TransferComplete; both times are then the Unknown Time. */
export type DownloadResponse = {
  method: "DownloadResponse";
  status: 0 | 1;
  startTime: string;
  completeTime: string;
};

export type TransferComplete = {
  method: "TransferComplete";
  commandKey: string;
  /** Code 0 is success. */
  fault: { code: FaultCode; string: string };
  startTime: string;
  completeTime: string;
};
export type TransferCompleteResponse = { method: "TransferCompleteResponse" };

/** TR-069 A.3.2.4: whether and how a change of value is told. 3 to 6 are the lightweight ways. */
export type Notification = number;

/** TR-069 A.3.2.4. A `name` ending with "." (or empty) means every parameter below it; absent items stay as they are. */
export type ParameterAttributeChange = { path: string; notification?: Notification; accessList?: string[] };
export type SetParameterAttributes = {
  method: "SetParameterAttributes";
  parameters: ParameterAttributeChange[];
};
export type SetParameterAttributesResponse = { method: "SetParameterAttributesResponse" };
export type GetParameterAttributes = { method: "GetParameterAttributes"; names: string[] };
export type ParameterAttributes = { path: string; notification: Notification; accessList: string[] };
export type GetParameterAttributesResponse = {
  method: "GetParameterAttributesResponse";
  parameters: ParameterAttributes[];
};

/** TR-069 A.3.2.6, A.3.2.7: a row of a table comes or goes. `path` ends with ".". */
export type AddObject = { method: "AddObject"; path: string; parameterKey: string };
export type AddObjectResponse = { method: "AddObjectResponse"; instance: number; status: 0 | 1 };
export type DeleteObject = { method: "DeleteObject"; path: string; parameterKey: string };
export type DeleteObjectResponse = { method: "DeleteObjectResponse"; status: 0 | 1 };

export type ScheduleInform = { method: "ScheduleInform"; delaySeconds: number; commandKey: string };
export type ScheduleInformResponse = { method: "ScheduleInformResponse" };

export type Upload = {
  method: "Upload";
  commandKey: string;
  /** For instance `1 Vendor Configuration File`. */
  fileType: string;
  url: string;
  username: string;
  password: string;
  delaySeconds: number;
};
export type UploadResponse = {
  method: "UploadResponse";
  status: 0 | 1;
  startTime: string;
  completeTime: string;
};

/** TR-069 A.4.1.8 TimeWindowStruct; start and end are seconds after the request. */
export type TimeWindow = {
  start: number;
  end: number;
  /** For instance `3 When Idle`. */
  mode: string;
  userMessage: string;
  /** -1: the device decides. */
  maxRetries: number;
};
export type ScheduleDownload = Omit<Download, "method" | "delaySeconds" | "successUrl" | "failureUrl"> & {
  method: "ScheduleDownload";
  windows: TimeWindow[];
};
export type ScheduleDownloadResponse = { method: "ScheduleDownloadResponse" };

export type CancelTransfer = { method: "CancelTransfer"; commandKey: string };
export type CancelTransferResponse = { method: "CancelTransferResponse" };

/** TR-069 A.4.1.7; state 1 not yet started, 2 in progress, 3 completed and not yet told. */
export type QueuedTransfer = {
  commandKey: string;
  state: 1 | 2 | 3;
  isDownload: boolean;
  fileType: string;
  fileSize: number;
  targetFileName: string;
};
/** The older form of cwmp-1-0 (deprecated since 1.1), without the kind of file. */
export type GetQueuedTransfers = { method: "GetQueuedTransfers" };
export type GetQueuedTransfersResponse = {
  method: "GetQueuedTransfersResponse";
  transfers: Pick<QueuedTransfer, "commandKey" | "state">[];
};
export type GetAllQueuedTransfers = { method: "GetAllQueuedTransfers" };
export type GetAllQueuedTransfersResponse = {
  method: "GetAllQueuedTransfersResponse";
  transfers: QueuedTransfer[];
};

/** TR-069 A.4.2.2: the device asks its ACS for a file. */
export type RequestDownload = {
  method: "RequestDownload";
  fileType: string;
  arguments: { name: string; value: string }[];
};
export type RequestDownloadResponse = { method: "RequestDownloadResponse" };

/** TR-069 A.3.3.3: a transfer that the ACS did not ask for. */
export type AutonomousTransferComplete = {
  method: "AutonomousTransferComplete";
  announceUrl: string;
  transferUrl: string;
  isDownload: boolean;
  fileType: string;
  fileSize: number;
  targetFileName: string;
  fault: { code: FaultCode; string: string };
  startTime: string;
  completeTime: string;
};
export type AutonomousTransferCompleteResponse = { method: "AutonomousTransferCompleteResponse" };

/** A SOAP fault with its CWMP detail; `faultCode` 0 means a bare SOAP fault. */
export type Fault = {
  method: "Fault";
  faultCode: FaultCode;
  faultString: string;
  soapCode: "Client" | "Server" | "MustUnderstand";
  setParameterFaults?: SetParameterFault[];
};

export type CwmpMessage =
  | Inform
  | InformResponse
  | GetParameterValues
  | GetParameterValuesResponse
  | SetParameterValues
  | SetParameterValuesResponse
  | GetParameterNames
  | GetParameterNamesResponse
  | GetRpcMethods
  | GetRpcMethodsResponse
  | Reboot
  | RebootResponse
  | FactoryReset
  | FactoryResetResponse
  | Download
  | DownloadResponse
  | TransferComplete
  | TransferCompleteResponse
  | SetParameterAttributes
  | SetParameterAttributesResponse
  | GetParameterAttributes
  | GetParameterAttributesResponse
  | AddObject
  | AddObjectResponse
  | DeleteObject
  | DeleteObjectResponse
  | ScheduleInform
  | ScheduleInformResponse
  | Upload
  | UploadResponse
  | ScheduleDownload
  | ScheduleDownloadResponse
  | CancelTransfer
  | CancelTransferResponse
  | GetQueuedTransfers
  | GetQueuedTransfersResponse
  | GetAllQueuedTransfers
  | GetAllQueuedTransfersResponse
  | RequestDownload
  | RequestDownloadResponse
  | AutonomousTransferComplete
  | AutonomousTransferCompleteResponse
  | Fault;
export type CwmpMethod = CwmpMessage["method"];
/** The message of one method: `MessageOf<"Inform">`. */
export type MessageOf<M extends CwmpMethod> = Extract<CwmpMessage, { method: M }>;

/** TR-069 A.1 "Unknown Time". */
export const unknownTime = "0001-01-01T00:00:00Z";
