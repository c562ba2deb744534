import { UspError } from "./error.ts";

/** The endpoint identifier of the ACS's controller (TR-369 §2.2: authority scheme `self`). */
export const controllerEndpointId = "self::tonalite-acs";

/**
 * The endpoint identifier of a box: `os::<OUI>-<serial>` (TR-369 §2.2.1.1), everything but letters, digits and `. _ -`
 * percent-encoded as UTF-8 (RFC 3986 §2.1).
 */
export function endpointIdOf(oui: string, serialNumber: string): string {
  return `os::${escape(oui)}-${escape(serialNumber)}`;
}

function escape(part: string): string {
  return part.toWellFormed().replaceAll(/[^A-Za-z0-9._-]/gu, percent);
}

function percent(char: string): string {
  // encodeURIComponent leaves ! ~ * ' ( ) alone, which are not allowed in an instance id.
  const encoded = encodeURIComponent(char);
  return encoded === char ? `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}` : encoded;
}

/** Scheme, authority and instance of an endpoint identifier. The instance fits in one level of an MQTT topic. */
const endpointForm = /^(?<scheme>[a-z]+):(?<authority>[A-Za-z0-9._%-]*):(?<instance>[A-Za-z0-9._%-]{1,128})$/;

export function isEndpointId(text: string): boolean {
  return endpointForm.test(text);
}

/**
 * The MQTT user name that stands for an endpoint: the instance part of its identifier, `os::0019B9-S1` → `0019B9-S1`.
 * Mosquitto's password file separates its fields with colons, so that the whole identifier cannot be a user name.
 * @throws UspError BAD_ENDPOINT for anything that is no endpoint identifier.
 */
export function mqttUsername(endpointId: string): string {
  const instance = endpointForm.exec(endpointId)?.groups?.["instance"];
  if (instance === undefined)
    throw new UspError("BAD_ENDPOINT", `not an endpoint identifier: ${endpointId.slice(0, 140)}`);
  return instance;
}

/** Where a box listens. */
export const agentTopic = (endpointId: string): string => `usp/agent/${endpointId}`;

/** Where a box speaks to the controller: one topic for each box, so that the broker vouches for who is speaking. */
export const controllerTopic = (agentId: string, controllerId = controllerEndpointId): string =>
  `usp/controller/${controllerId}/${agentId}`;

/** TR-369 §4.4.4, R-MQTT.27 and R-MQTT.28. */
export const contentType = {
  message: "application/vnd.bbf.usp.msg",
  error: "application/vnd.bbf.usp.error",
} as const;
