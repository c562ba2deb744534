import { tag, typedValue } from "./messages/codec.ts";
import type { DeviceId, ParameterValueStruct } from "./types.ts";

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
