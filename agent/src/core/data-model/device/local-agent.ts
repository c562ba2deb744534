import { object, ro, row, rw } from "./declare.ts";

const onlyMqtt = "of the transports of TR-369 the agent speaks MQTT";

/** TR-181 (USP) Device.LocalAgent.: the USP endpoint and the one controller it trusts. */
export const localAgent = [
  object(
    "Device.LocalAgent.",
    ro("EndpointID", "string"),
    ro("SoftwareVersion", "string", { maxLength: 64 }),
    ro("UpTime", "unsignedInt", { description: "seconds since the agent started" }),
    ro("SupportedProtocols", "string", { default: "MQTT", list: true, enum: ["MQTT"], deviation: onlyMqtt }),
    ro("MTPNumberOfEntries", "unsignedInt"),
    ro("ControllerNumberOfEntries", "unsignedInt"),
    ro("RequestNumberOfEntries", "unsignedInt"),
  ),
  row(
    "Device.LocalAgent.MTP.{i}.",
    rw("Enable", "boolean", { default: "true" }),
    ro("Status", "string", { default: "Down", enum: ["Up", "Down", "Error"] }),
    ro("Protocol", "string", { default: "MQTT", enum: ["MQTT"], deviation: `readOnly: ${onlyMqtt}` }),
  ),
  object(
    "Device.LocalAgent.MTP.{i}.MQTT.",
    ro("Reference", "string", {
      default: "Device.MQTT.Client.1",
      deviation: "readOnly: there is one client",
    }),
    ro("ResponseTopicConfigured", "string", {
      maxLength: 65535,
      deviation: "readOnly: derived from the endpoint id, the broker's access list allows no other",
    }),
  ),
  object(
    "Device.LocalAgent.Request.{i}.",
    ro("Originator", "string"),
    ro("Command", "string"),
    ro("CommandKey", "string"),
    ro("Status", "string", {
      default: "Requested",
      enum: ["Requested", "Active", "Canceling", "Canceled", "Success", "Error"],
    }),
  ),
  row(
    "Device.LocalAgent.Controller.{i}.",
    rw("Enable", "boolean", { default: "true" }),
    rw("EndpointID", "string", { default: "self::tonalite-acs", maxLength: 256 }),
    rw("ProvisioningCode", "string", { maxLength: 64 }),
  ),
];
