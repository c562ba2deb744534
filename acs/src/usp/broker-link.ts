import { Buffer } from "node:buffer";
import {
  contentType,
  controllerEndpointId,
  defaultLimits,
  isEndpointId,
  mqttUsername,
  type UspLog,
} from "@tonalite/agent/core/usp";
import mqtt, { type IClientOptions, type MqttClient } from "mqtt";

/** One message from the broker, as the controller judges it. */
export type Incoming = {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly isError: boolean;
  readonly retained: boolean;
  readonly errorId: string;
  readonly responseTopic: string | undefined;
};

export type BrokerLinkOptions = {
  readonly url: string;
  readonly credentials: { readonly username: string; readonly password: string };
  readonly log: UspLog;
  readonly onMessage: (message: Incoming) => void;
  readonly onLost: () => void;
};

export type Outgoing = {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly type: string;
  readonly responseTopic: string;
  readonly errorId: string;
  readonly expirySeconds: number;
};

/** The controller's connection to the broker: it reconnects for ever and never throws. */
export type BrokerLink = {
  readonly connected: boolean;
  /** Resolves at the first subscription. */
  readonly ready: Promise<void>;
  /** False when there is no broker now; nothing is kept for later. */
  publish(message: Outgoing): boolean;
  stop(): Promise<void>;
};

/** How long the broker keeps what the boxes say while the ACS restarts. */
const sessionExpirySeconds = 3600;
const ownTopic = `usp/controller/${controllerEndpointId}/`;

/** The box that a message comes from: the last level of its topic, which the broker's access list vouches for. */
export function senderOf(topic: string): string | undefined {
  const sender = topic.startsWith(ownTopic) ? topic.slice(ownTopic.length) : "";
  return isEndpointId(sender) ? sender : undefined;
}

export function openBrokerLink({ url, credentials, log, onMessage, onLost }: BrokerLinkOptions): BrokerLink {
  const { username, password } = credentials;
  const options: IClientOptions = {
    protocolVersion: 5,
    clean: false,
    clientId: controllerEndpointId,
    username: isEndpointId(username) ? mqttUsername(username) : username,
    password,
    keepalive: 30,
    reconnectPeriod: 500,
    reconnectOnConnackError: true,
    connectTimeout: 10_000,
    resubscribe: false,
    queueQoSZero: false,
    properties: {
      sessionExpiryInterval: sessionExpirySeconds,
      receiveMaximum: 1000,
      maximumPacketSize: defaultLimits.maximumBytes + 16 * 1024,
      userProperties: { "usp-endpoint-id": controllerEndpointId },
    },
  };
  const client = mqtt.connect(url, options);
  const { promise: ready, resolve: subscribed } = Promise.withResolvers<void>();
  let open = false;
  client.on("connect", () => {
    withoutDelay(client);
    client.subscribeAsync(`${ownTopic}+`, { qos: 1 }).then(
      (granted) => {
        open = granted.every(({ qos }) => qos < 128);
        if (!open) log.error({ url }, "usp: the broker refused the controller's subscription");
        else {
          log.info({ url }, "usp: the controller listens");
          subscribed();
        }
      },
      (error: Error) => log.error({ reason: error.message }, "usp: the controller could not subscribe"),
    );
  });
  client.on("message", (topic, payload, packet) => {
    const { contentType: type, userProperties, responseTopic } = packet.properties ?? {};
    const errorId = userProperties?.["usp-err-id"];
    onMessage({
      topic,
      payload,
      isError: type === contentType.error,
      retained: packet.retain,
      errorId: typeof errorId === "string" ? errorId : "",
      responseTopic,
    });
  });
  client.on("close", () => {
    if (open) {
      log.warn({ url }, "usp: the connection to the broker is lost");
      onLost();
    }
    open = false;
  });
  const complain = everyTenSeconds((reason: string) =>
    log.warn({ url, reason }, "usp: no connection to the broker"),
  );
  client.on("error", (error) => complain(error.message));

  return {
    ready,
    get connected() {
      return open;
    },
    publish({ topic, payload, type, responseTopic, errorId, expirySeconds }) {
      if (!open) return false;
      const properties = {
        contentType: type,
        responseTopic,
        messageExpiryInterval: expirySeconds,
        userProperties: { "usp-err-id": errorId },
      };
      const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
      client.publish(topic, bytes, { qos: 1, properties }, (error) => {
        if (error !== undefined && error !== null)
          log.warn({ topic, reason: error.message }, "usp: a publish failed");
      });
      return true;
    },
    async stop() {
      open = false;
      await client.endAsync(!client.connected);
    },
  };
}

/** Nagle's algorithm and the peer's delayed acknowledgement together cost 40 ms a message. */
function withoutDelay(client: MqttClient): void {
  const { stream } = client;
  if ("setNoDelay" in stream && typeof stream.setNoDelay === "function") stream.setNoDelay(true);
}

function everyTenSeconds(task: (text: string) => void): (text: string) => void {
  let last = -Infinity;
  return (text) => {
    const now = performance.now();
    if (now - last < 10_000) return;
    last = now;
    task(text);
  };
}
