import { object, ro, row, rw } from "./declare.ts";

/** TR-181 (USP) Device.MQTT.: the connection that carries USP records. */
export const mqtt = [
  object("Device.MQTT.", ro("ClientNumberOfEntries", "unsignedInt")),
  object(
    "Device.MQTT.Capabilities.",
    ro("ProtocolVersionsSupported", "string", {
      default: "5.0",
      list: true,
      enum: ["5.0"],
      deviation: "TR-369 over MQTT 3.1 lacks the response topic",
    }),
    ro("TransportProtocolSupported", "string", {
      default: "TCP/IP,TLS",
      list: true,
      enum: ["TCP/IP", "TLS"],
      deviation: "no WebSocket",
    }),
  ),
  row(
    "Device.MQTT.Client.{i}.",
    rw("Enable", "boolean"),
    ro("Status", "string", {
      default: "Disabled",
      enum: [
        "Disabled",
        "Connecting",
        "Connected",
        "Error_Misconfigured",
        "Error_BrokerUnreachable",
        "Error",
      ],
    }),
    rw("ProtocolVersion", "string", { default: "5.0", enum: ["5.0"] }),
    rw("BrokerAddress", "string", { maxLength: 256 }),
    rw("BrokerPort", "unsignedInt", { default: "1883", minimum: 1, maximum: 65535 }),
    rw("TransportProtocol", "string", { default: "TCP/IP", enum: ["TCP/IP", "TLS"] }),
    rw("KeepAliveTime", "unsignedInt", { default: "60", maximum: 65535, description: "seconds" }),
    rw("ClientID", "string", { maxLength: 65535 }),
    rw("Username", "string", { maxLength: 256 }),
    rw("Password", "string", { maxLength: 256, secret: true }),
  ),
];
