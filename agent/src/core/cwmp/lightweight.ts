import { CwmpError } from "./error.ts";
import { tag, text, typedValue } from "./messages/codec.ts";
import type { DeviceId, ParameterValueStruct } from "./types.ts";
import { parseXml, type XmlElement } from "./xml.ts";

/** What a lightweight notification says (TR-069 Annex M, cwmp-UDPLightweightNotification-1-0.xsd). */
export type LightNotification = {
  /** Seconds since the epoch. */
  timestamp: number;
  /** Device.ManagementServer.Username. */
  username: string;
  /** Random, new for each message. */
  cnonce: string;
  deviceId: Omit<DeviceId, "manufacturer">;
  /** At least one. */
  parameters: readonly ParameterValueStruct[];
};

const head =
  '<?xml version="1.0" encoding="UTF-8"?>\n<Notification xmlns="urn:broadband-forum-org:cwmp:lwnotif-1-0"' +
  ' xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">';

/** The body of a notification, as UTF-8; what its signature covers. */
export function encodeLightNotification(notification: LightNotification): string {
  const { cnonce, deviceId, parameters, timestamp, username } = notification;
  let content =
    tag("TS", timestamp) +
    tag("UN", username) +
    tag("CN", cnonce) +
    tag("OUI", deviceId.oui) +
    tag("ProductClass", deviceId.productClass) +
    tag("SerialNumber", deviceId.serialNumber);
  for (const { path, type, value } of parameters)
    content += `<Param>${tag("Name", path)}${typedValue(value, type)}</Param>`;
  return `${head}${content}</Notification>`;
}

/**
 * What goes before the body in the datagram.
 * @param host where it goes
 * @param length of the body in bytes
 * @param signature HMAC-SHA1 of the body under Device.ManagementServer.Password, hexadecimal
 */
export const lightHeader = (host: string, length: number, signature: string): string =>
  [
    "POST / HTTP/1.1",
    `Host: ${host}`,
    'Content-Type: text/xml; charset="utf-8"',
    `Content-Length: ${length}`,
    `Signature: ${signature}`,
    "",
    "",
  ].join("\r\n");

/** Characters of values that go into one message: with its head it fits a datagram that nobody has to cut up. */
const longestContent = 700;

/** Shares values out over messages; one that is too long for company travels alone. */
export function shareOut(parameters: readonly ParameterValueStruct[]): ParameterValueStruct[][] {
  const messages: ParameterValueStruct[][] = [];
  let room = 0;
  for (const parameter of parameters) {
    const length = parameter.path.length + parameter.value.length + 90;
    if (messages.length === 0 || length > room) {
      messages.push([]);
      room = longestContent;
    }
    messages.at(-1)?.push(parameter);
    room -= length;
  }
  return messages;
}

/** A datagram as it came: who says so is not proved before its signature is. */
export type LightMessage = {
  notification: Omit<LightNotification, "parameters"> & { parameters: { path: string; value: string }[] };
  /** What the signature covers. */
  body: Uint8Array;
  /** Hexadecimal, lower case. */
  signature: string;
};

const datagramLimits = { maxBytes: 8192, maxDepth: 4, maxElements: 300 };
const endOfHead = [13, 10, 13, 10];

/** Reads a datagram; undefined for whatever is none of ours: it is passed over in silence. */
export function decodeLightMessage(datagram: Uint8Array): LightMessage | undefined {
  if (datagram.length > datagramLimits.maxBytes) return undefined;
  const end = datagram.findIndex((_, at) => endOfHead.every((byte, index) => datagram[at + index] === byte));
  if (end < 0) return undefined;
  const [request = "", ...headers] = String.fromCharCode(...datagram.subarray(0, end)).split("\r\n");
  const header = (name: string): string =>
    headers
      .find((line) => line.toLowerCase().startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .trim() ?? "";
  const body = datagram.subarray(end + endOfHead.length);
  const signature = header("signature").toLowerCase();
  if (!/^POST \S+ HTTP\/1\.[01]$/.test(request) || !/^[\da-f]{40}$/.test(signature)) return undefined;
  if (header("content-length") !== String(body.length)) return undefined;
  try {
    const root = parseXml(body, datagramLimits);
    return root.name === "Notification" ? readNotification(root, body, signature) : undefined;
  } catch (error) {
    if (error instanceof CwmpError) return undefined;
    throw error;
  }
}

function readNotification(root: XmlElement, body: Uint8Array, signature: string): LightMessage | undefined {
  const timestamp = text(root, "TS").trim();
  const cnonce = text(root, "CN").trim();
  const parameters = root.children
    .filter(({ name }) => name === "Param")
    .map((parameter) => ({ path: text(parameter, "Name").trim(), value: text(parameter, "Value") }));
  if (!/^\d{1,12}$/.test(timestamp) || cnonce === "" || cnonce.length > 64 || parameters.length === 0)
    return undefined;
  const deviceId = {
    oui: text(root, "OUI").trim(),
    productClass: text(root, "ProductClass").trim(),
    serialNumber: text(root, "SerialNumber").trim(),
  };
  const username = text(root, "UN").trim();
  return {
    notification: { timestamp: Number(timestamp), username, cnonce, deviceId, parameters },
    body,
    signature,
  };
}
