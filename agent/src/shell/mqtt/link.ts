import { Buffer } from "node:buffer";
import type { IConnackPacket, IPublishPacket } from "mqtt";
import {
  agentTopic,
  contentType,
  controllerTopic,
  decodeMessage,
  decodeRecord,
  defaultLimits,
  encodeRecord,
  recordFault,
  type UspAgent,
  UspError,
  type UspLog,
} from "../../core/usp/index.ts";
import type { MqttSettings } from "./settings.ts";
import { streamOpener } from "./stream.ts";

/** What the broker keeps for the box while it is away, and for how long a lost connection is not yet an absence. */
const session = { expirySeconds: 86_400, willDelaySeconds: 5, receiveMaximum: 20 } as const;
/** MQTT 5 §2.4 "Payload format invalid" (TR-369 R-MQTT.32). */
const payloadFormatInvalid = 0x99;

export type LinkEvents = {
  /** Subscribed: records can be exchanged. */
  ready(send: (record: Uint8Array, messageId: string) => void): void;
  /** Over, for whatever reason; called once. */
  closed(reason: LinkFailure): void;
};
/** `refused`: by the broker, for the client's identity or rights. */
export type LinkFailure = { readonly kind: "unreachable" | "refused" | "lost"; readonly message: string };

/** One connection to the broker, from CONNECT to its end; it is never reopened. */
export type Link = {
  /** Says good-bye, at most 1 s. */
  end(): Promise<void>;
};

export type LinkOptions = {
  readonly settings: MqttSettings;
  readonly usp: UspAgent;
  readonly log: UspLog;
  readonly events: LinkEvents;
  readonly certificates?: readonly string[];
};

type Publish = {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly type: string;
  readonly errorId?: string;
};

export async function openLink({ settings, usp, log, events, certificates }: LinkOptions): Promise<Link> {
  const openStream = await streamOpener(settings, certificates);
  // Loaded only when there is a broker to talk to: it costs megabytes.
  const { default: loaded } = await import("mqtt/lib/client");
  // A CommonJS module: Node wraps its default export once more than bundlers do.
  const Client = "default" in loaded ? loaded.default : loaded;
  const ends = { fromId: usp.endpointId, toId: usp.controllerId };
  const upward = controllerTopic(usp.endpointId, usp.controllerId);
  let replyTopic = agentTopic(usp.endpointId);
  let failure: LinkFailure = { kind: "unreachable", message: "no answer from the broker" };
  const client = new Client(openStream, {
    protocolVersion: 5,
    clean: false,
    clientId: settings.clientId,
    username: settings.username,
    password: settings.password,
    keepalive: settings.keepAliveSeconds,
    connectTimeout: 15_000,
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    timerVariant: "native",
    // Otherwise the first packet makes a Buffer for each of the 65536 numbers that two bytes can say: 13 MB.
    writeCache: false,
    properties: {
      sessionExpiryInterval: session.expirySeconds,
      receiveMaximum: session.receiveMaximum,
      maximumPacketSize: defaultLimits.maximumBytes + 16 * 1024,
      requestResponseInformation: true,
      userProperties: { "usp-endpoint-id": usp.endpointId },
    },
    // Retained, like the connect record: a controller that comes later sees who is here.
    will: {
      topic: upward,
      payload: toBuffer(
        encodeRecord({ kind: "disconnect", ...ends, reason: "connection lost", reasonCode: 0 }),
      ),
      qos: 1,
      retain: true,
      properties: { willDelayInterval: session.willDelaySeconds, contentType: contentType.message },
    },
    customHandleAcks: (_topic, payload, packet: IPublishPacket, done) => {
      const fault = packet.properties?.contentType === contentType.error ? undefined : faultOf(payload);
      // What is not understood gets no "message" event: its acknowledgement carries the reason instead.
      done(fault === undefined ? 0 : payloadFormatInvalid);
      if (fault !== undefined) refuse(packet, fault);
    },
  });

  const publish = ({ topic, payload, type, errorId }: Publish, retain = false, done?: () => void): void => {
    const userProperties = errorId === undefined ? {} : { userProperties: { "usp-err-id": errorId } };
    const properties = { contentType: type, responseTopic: replyTopic, ...userProperties };
    client.publish(topic, toBuffer(payload), { qos: 1, retain, properties }, (error) => {
      if (error !== undefined && error !== null)
        log.warn({ topic, reason: error.message }, "mqtt: a publish failed");
      done?.();
    });
  };
  const send = (record: Uint8Array, messageId: string): void =>
    publish({
      topic: upward,
      payload: record,
      type: contentType.message,
      errorId: `${usp.controllerId}/${messageId}`,
    });

  async function subscribe(connack: IConnackPacket): Promise<void> {
    // TR-369 R-MQTT.15 and R-MQTT.21: what the broker proposes comes before what was configured.
    const proposed = connack.properties?.userProperties?.["subscribe-topic"] ?? [];
    replyTopic = connack.properties?.responseInformation ?? replyTopic;
    const topics = [
      ...new Set([replyTopic, ...(typeof proposed === "string" ? [proposed] : proposed)]),
    ].slice(0, 8);
    const granted = await client.subscribeAsync(topics, { qos: 1 });
    if (granted.some(({ qos }) => qos >= 128)) throw new Error("the broker refused the subscription");
    const connect = encodeRecord({ kind: "mqtt-connect", ...ends, subscribedTopic: replyTopic });
    publish({ topic: upward, payload: connect, type: contentType.message }, true);
    failure = { kind: "lost", message: "the connection was lost" };
    events.ready(send);
  }

  async function receive(payload: Buffer, packet: IPublishPacket): Promise<void> {
    if (packet.properties?.contentType === contentType.error) {
      log.warn(
        { error: payload.toString("utf8", 0, 300) },
        "mqtt: the controller did not understand a record",
      );
      return;
    }
    const topic = packet.properties?.responseTopic ?? upward;
    for (const reply of await usp.handle(payload)) {
      if (reply.kind === "error") {
        answerError(packet, reply.code, reply.message);
        continue;
      }
      const errorId = `${usp.controllerId}/${reply.messageId}`;
      const answered = onceWithin(2000, reply.afterReply);
      publish({ topic, payload: reply.bytes, type: contentType.message, errorId }, false, answered);
    }
  }

  function refuse(packet: IPublishPacket, fault: UspError): void {
    log.warn({ code: fault.code, bytes: packet.payload.length }, "mqtt: a payload was not understood");
    answerError(packet, recordFault(fault), fault.message);
  }

  /** TR-369 R-MQTT.31. Never for an error, and only to where the sender wants its answers. */
  function answerError(packet: IPublishPacket, code: number, message: string): void {
    const topic = packet.properties?.responseTopic;
    if (topic === undefined || packet.properties?.contentType === contentType.error) return;
    const received = packet.properties?.userProperties?.["usp-err-id"];
    const errorId = typeof received === "string" ? { errorId: received } : {};
    const payload = new TextEncoder().encode(`err_code:${code}\nerr_msg:${message}`);
    publish({ topic, payload, type: contentType.error, ...errorId });
  }

  client.on("connect", (connack) => {
    subscribe(connack).catch((error: unknown) => {
      failure = { kind: "refused", message: messageOf(error) };
      client.end(true);
    });
  });
  client.on("message", (_topic, payload, packet) => {
    receive(payload, packet).catch((error: unknown) =>
      log.error({ err: error }, "mqtt: a record could not be handled"),
    );
  });
  client.on("error", (error) => {
    // MQTT 5 §3.2.2.2: 128 and above are refusals; 136 (unavailable) and 137 (busy) are not the client's fault.
    const code = "code" in error && typeof error.code === "number" ? error.code : 0;
    const refused = code >= 128 && code !== 136 && code !== 137;
    failure = { kind: refused ? "refused" : failure.kind, message: error.message };
    client.end(true);
  });
  let over = false;
  client.on("close", () => {
    if (over) return;
    over = true;
    events.closed(failure);
  });

  return {
    async end() {
      if (client.connected) {
        const bye = encodeRecord({ kind: "disconnect", ...ends, reason: "the agent stops", reasonCode: 0 });
        await new Promise<void>((resolve) => {
          const done = onceWithin(1000, resolve);
          publish({ topic: upward, payload: bye, type: contentType.message }, true, done);
        });
      }
      await new Promise<void>((resolve) => client.end(!client.connected, onceWithin(1000, resolve)));
      // The client would wait for ever for acknowledgements of a broker that hangs.
      client.stream.destroy();
    },
  };
}

function faultOf(payload: Uint8Array): UspError | undefined {
  try {
    const record = decodeRecord(payload);
    if (record.kind === "message") decodeMessage(record.payload);
    return undefined;
  } catch (error) {
    if (error instanceof UspError) return error;
    throw error;
  }
}

/** Calls `task` once: when the returned function is called, or after `milliseconds`. */
function onceWithin(milliseconds: number, task: (() => void) | undefined): () => void {
  let pending = task;
  const run = (): void => {
    clearTimeout(timer);
    const now = pending;
    pending = undefined;
    now?.();
  };
  const timer = setTimeout(run, milliseconds);
  return run;
}

const toBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
