export { systemClock } from "./clock.ts";
export { createMqttConnection, type MqttConnection, type MqttConnectionOptions } from "./connection.ts";
