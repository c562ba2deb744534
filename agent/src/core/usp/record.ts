import { UspError } from "./error.ts";
import {
  bytes,
  type DecodeLimits,
  decodeTable,
  encodeTable,
  enumeration,
  fixed32,
  type Init,
  message,
  text,
} from "./protobuf.ts";

/** usp-record-1-x.proto. What is only recognised, to be refused or ignored, has an empty table. */
const recordTable = {
  version: text(1),
  toId: text(2),
  fromId: text(3),
  payloadSecurity: enumeration(4),
  noSessionContext: message(7, { payload: bytes(2) }),
  sessionContext: message(8, {}),
  websocketConnect: message(9, {}),
  mqttConnect: message(10, { version: enumeration(1), subscribedTopic: text(2) }),
  stompConnect: message(11, {}),
  disconnect: message(12, { reason: text(1), reasonCode: fixed32(2) }),
};

/** The version of USP that is written into records; 1.3 = TR-369 Amendment 3, whose records this product sends. */
export const uspVersion = "1.3";
/** What GetSupportedProtocol answers: the versions whose records and messages are understood. */
export const supportedVersions = "1.0,1.1,1.2,1.3";

const mqttVersion5 = 1;

export type UspRecord = { readonly toId: string; readonly fromId: string } & (
  | { readonly kind: "message"; readonly payload: Uint8Array }
  | { readonly kind: "mqtt-connect"; readonly subscribedTopic: string }
  | { readonly kind: "disconnect"; readonly reason: string; readonly reasonCode: number }
  /** Connect records of transports that this product does not use. */
  | { readonly kind: "other-connect" }
);

/**
 * @throws UspError: a codec code; UNSUPPORTED_RECORD for a session context; SECURITY_UNSUPPORTED for an encrypted
 * payload; AMBIGUOUS when the record is of two types; NO_BODY when it is of none.
 */
export function decodeRecord(input: Uint8Array, limits?: DecodeLimits): UspRecord {
  const record = decodeTable(recordTable, input, limits);
  const { toId, fromId, noSessionContext, mqttConnect, disconnect } = record;
  const kinds = [noSessionContext, record.sessionContext, mqttConnect, disconnect];
  const others = [record.websocketConnect, record.stompConnect];
  const present = [...kinds, ...others].filter((kind) => kind !== undefined).length;
  if (present > 1) throw new UspError("AMBIGUOUS", "a record of two types");
  if (fromId === "") throw new UspError("NO_HEADER", "a record without from_id");
  if (record.payloadSecurity !== 0) throw new UspError("SECURITY_UNSUPPORTED", "an encrypted payload");
  if (record.sessionContext !== undefined)
    throw new UspError("UNSUPPORTED_RECORD", "a record with a session context");
  if (noSessionContext !== undefined)
    return { kind: "message", toId, fromId, payload: noSessionContext.payload };
  if (mqttConnect !== undefined) {
    return { kind: "mqtt-connect", toId, fromId, subscribedTopic: mqttConnect.subscribedTopic };
  }
  if (disconnect !== undefined) return { kind: "disconnect", toId, fromId, ...disconnect };
  if (present === 1) return { kind: "other-connect", toId, fromId };
  throw new UspError("NO_BODY", "a record of no known type");
}

export function encodeRecord(record: Exclude<UspRecord, { kind: "other-connect" }>): Uint8Array {
  const { toId, fromId } = record;
  return encodeTable(recordTable, { version: uspVersion, toId, fromId, ...recordBody(record) });
}

function recordBody(record: Exclude<UspRecord, { kind: "other-connect" }>): Init<typeof recordTable> {
  if (record.kind === "message") return { noSessionContext: { payload: record.payload } };
  if (record.kind === "disconnect") {
    return { disconnect: { reason: record.reason, reasonCode: record.reasonCode } };
  }
  return { mqttConnect: { version: mqttVersion5, subscribedTopic: record.subscribedTopic } };
}
