import { type DataModel } from "../../core/data-model/index.ts";
import { mqttUsername } from "../../core/usp/index.ts";

/** The row of the data model that this connection follows (TR-181 Device.MQTT.Client.{i}.). */
export const clientPath = "Device.MQTT.Client.1.";

export type MqttSettings = {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly clientId: string;
  readonly username: string;
  readonly password: string;
  readonly keepAliveSeconds: number;
};

export type Wanted =
  | { readonly state: "disabled" }
  | { readonly state: "misconfigured"; readonly reason: string }
  | { readonly state: "enabled"; readonly settings: MqttSettings };

export function wantedConnection(model: Pick<DataModel, "value">, endpointId: string): Wanted {
  const value = (name: string): string => model.value(clientPath + name);
  if (value("Enable") !== "true") return { state: "disabled" };
  const host = value("BrokerAddress");
  if (host === "") return { state: "misconfigured", reason: "no broker address" };
  const username = value("Username");
  const settings: MqttSettings = {
    host,
    port: Number(value("BrokerPort")),
    tls: value("TransportProtocol") === "TLS",
    // TR-369 R-MQTT.8 would let the broker choose; a fixed identifier keeps the session, and what is queued in it.
    clientId: value("ClientID") || endpointId,
    // The endpoint id is written there by who does not know that brokers dislike its colons (see mqttUsername).
    username: username === "" || username === endpointId ? mqttUsername(endpointId) : username,
    password: value("Password"),
    keepAliveSeconds: Number(value("KeepAliveTime")),
  };
  return { state: "enabled", settings };
}
