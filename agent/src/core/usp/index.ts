export { createUspAgent, type UspAgent, type UspAgentOptions, type UspLog, type UspReply } from "./agent.ts";
export {
  agentTopic,
  contentType,
  controllerEndpointId,
  controllerTopic,
  endpointIdOf,
  isEndpointId,
  mqttUsername,
} from "./endpoint.ts";
export { faultCode, recordFault, UspError, type UspErrorCode } from "./error.ts";
export {
  decodeMessage,
  encodeMessage,
  type UspBody,
  type UspMessage,
  type UspMessageInit,
} from "./message.ts";
export { type Clock, type NotifyInit, notifyRetry, retryDelay } from "./notifier.ts";
export { type Operate, type OperateOutcome, unknownCommand } from "./operate.ts";
export type { UspModel } from "./paths.ts";
export { type DecodeLimits, defaultLimits } from "./protobuf.ts";
export { decodeRecord, encodeRecord, supportedVersions, type UspRecord, uspVersion } from "./record.ts";
export { notifyValueChanges, type ValueChangeOptions } from "./value-changes.ts";
