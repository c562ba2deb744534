import { UspError } from "./error.ts";
import { bodyPlaces, type BodyName, bodyTables, headerTable } from "./message-tables.ts";
import {
  bytes,
  type DecodeLimits,
  type Decoded,
  decodeTable,
  encodeTable,
  type Init,
  message,
} from "./protobuf.ts";

/** The body of a message, by the name its standard gives it. */
export type UspBody<Name extends BodyName = BodyName> = Decoded<(typeof bodyTables)[Name]>;

/** A decoded USP message: its id and one body. `Unsupported` is a well-formed message that this product does not know. */
export type UspMessage =
  | {
      [Name in BodyName]: { readonly msgId: string; readonly type: Name; readonly body: UspBody<Name> };
    }[BodyName]
  | { readonly msgId: string; readonly type: "Unsupported"; readonly msgType: number };

export type UspMessageInit = {
  [Name in BodyName]: {
    readonly msgId: string;
    readonly type: Name;
    readonly body: Init<(typeof bodyTables)[Name]>;
  };
}[BodyName];

// The bodies are kept as bytes at first: which table reads them follows from the header.
const envelopeTable = {
  header: message(1, headerTable),
  body: message(2, { request: bytes(1), response: bytes(2), error: bytes(3) }),
};

const namesByType = new Map<number, BodyName>(
  (Object.keys(bodyPlaces) as BodyName[]).map((name) => [bodyPlaces[name].type, name]),
);

/** @throws UspError: a codec code, NO_HEADER, NO_BODY, or TYPE_MISMATCH when header and body disagree. */
export function decodeMessage(input: Uint8Array, limits?: DecodeLimits): UspMessage {
  const { header, body } = decodeTable(envelopeTable, input, limits);
  if (header === undefined || header.msgId === "")
    throw new UspError("NO_HEADER", "a message without msg_id");
  if (body === undefined) throw new UspError("NO_BODY", "a message without body");
  const { msgId, msgType } = header;
  const type = namesByType.get(msgType);
  if (type === undefined) return { msgId, type: "Unsupported", msgType };
  return { msgId, type, body: decodeBody(type, body, limits) } as UspMessage;
}

function decodeBody(
  name: BodyName,
  body: Record<"request" | "response" | "error", Uint8Array>,
  limits: DecodeLimits | undefined,
): unknown {
  const place = bodyPlaces[name];
  const part = body[place.part];
  if (place.part === "error") return decodeTable(bodyTables.Error, part, limits);
  const wrapper = { content: message(place.id, bodyTables[name]) };
  const { content } = decodeTable(wrapper, part, limits);
  if (content === undefined)
    throw new UspError("TYPE_MISMATCH", `the header says ${name}, the body has no such part`);
  return content;
}

export function encodeMessage({ msgId, type, body }: UspMessageInit): Uint8Array {
  const place = bodyPlaces[type];
  const content = encodeTable(bodyTables[type], body);
  // `bytes` leaves out what is empty, but an empty body (NotifyResp without subscription) must still be present.
  const part = place.part === "error" ? content : wrap(place.id, content);
  return encodeTable(envelopeTable, { header: { msgId, msgType: place.type }, body: { [place.part]: part } });
}

function wrap(id: number, content: Uint8Array): Uint8Array {
  return content.length > 0
    ? encodeTable({ content: bytes(id) }, { content })
    : encodeTable({ content: message(id, {}) }, { content: {} });
}
