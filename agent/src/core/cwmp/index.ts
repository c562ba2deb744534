export { AttributeTable, type StoredAttributes } from "./attributes.ts";
export { isWelcome } from "./autonomous.ts";
export { decodeEnvelope, encodeEnvelope } from "./envelope.ts";
export { CwmpError, type CwmpErrorCode } from "./error.ts";
export type { AcsCall, StoredEvent, Transfer, TransferEvent } from "./events.ts";
export { composeInform, deviceIdOf, type InformReason } from "./inform.ts";
export * from "./lightweight.ts";
export * from "./discovery/index.ts";
export * from "./nat/index.ts";
export { periodicWait, type RetrySettings, retryWait } from "./retry.ts";
export { executeRpc } from "./rpc/registry.ts";
export { fileKind } from "./rpc/upload.ts";
export { windowMode, type WindowMode } from "./rpc/schedule-download.ts";
export {
  cpeFault,
  type DownloadOutcome,
  type Later,
  type Refusal,
  type TransferQueue,
  type RpcContext,
  type RpcOutcome,
} from "./rpc/rpc.ts";
export { type Cpe, type CpeEffect, type CpeEvent, type Session, startCpe, type Step } from "./cpe.ts";
export { stepCpe } from "./session.ts";
export * from "./types.ts";
export { defaultXmlLimits, type XmlLimits } from "./xml.ts";
