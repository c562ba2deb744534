import { randomUUID } from "node:crypto";
import {
  agentTopic,
  contentType,
  controllerEndpointId,
  controllerTopic,
  decodeMessage,
  decodeRecord,
  encodeMessage,
  encodeRecord,
  faultCode,
  recordFault,
  supportedVersions,
  type UspBody,
  UspError,
  type UspLog,
  type UspMessage,
  type UspMessageInit,
} from "@tonalite/agent/core/usp";
import { type Incoming, openBrokerLink, senderOf } from "./broker-link.ts";
import { InFlight } from "./in-flight.ts";
import { deviceNotify, NotifyIntake, type OnNotify } from "./notify-intake.ts";
import { type OnPresence, Presence } from "./presence.ts";
import { UspRequestError } from "./request-error.ts";
import {
  getResult,
  type GetResult,
  operateResult,
  type OperateResult,
  type SetParameter,
  setResult,
  type SetResult,
  updateObjects,
} from "./requests.ts";

export type UspControllerOptions = {
  readonly brokerUrl: string;
  /** The user name may be given as an endpoint id. */
  readonly credentials: { readonly username: string; readonly password: string };
  /** Must be durable when it resolves: only then the box is told, and forgets. A rejection makes it repeat. */
  readonly onNotify: OnNotify;
  readonly onPresence: OnPresence;
  readonly log: UspLog;
  /** Milliseconds until an unanswered request fails, 10 000 when not given. */
  readonly timeoutMs?: number;
  /** Notifications being committed at once, 256 when not given. */
  readonly maximumCommits?: number;
};

export type RequestOptions = { readonly timeoutMs?: number };

export type UspController = {
  /** Resolves when the controller first listens. */
  readonly ready: Promise<void>;
  /** Every request throws UspRequestError. */
  get(
    endpointId: string,
    paths: readonly string[],
    options?: RequestOptions & { maxDepth?: number },
  ): Promise<GetResult>;
  set(
    endpointId: string,
    parameters: readonly SetParameter[],
    options?: RequestOptions & { allowPartial?: boolean },
  ): Promise<SetResult>;
  operate(
    endpointId: string,
    command: string,
    args?: Readonly<Record<string, string>>,
    options?: RequestOptions & { commandKey?: string },
  ): Promise<OperateResult>;
  /** The versions of USP that the box speaks, comma-separated. */
  supportedProtocols(endpointId: string, options?: RequestOptions): Promise<string>;
  /** Undefined when nothing is known of the box. */
  isOnline(endpointId: string): boolean | undefined;
  readonly statistics: UspStatistics;
  stop(): Promise<void>;
};

/** Counted since the start. */
export type UspStatistics = {
  /** Messages that were no USP, or not the sender's to send. */
  readonly garbage: number;
  readonly notifiesFailed: number;
  readonly notifiesDropped: number;
  readonly committing: number;
  readonly inFlight: number;
};

const maximumInFlight = 10_000;
const commitTimeoutMs = 60_000;

/** The controller's side of USP (TR-369): requests to boxes, and intake of their notifications. */
export function createUspController(options: UspControllerOptions): UspController {
  const { log, timeoutMs: defaultTimeoutMs = 10_000, maximumCommits: maximumAtOnce = 256 } = options;
  const inFlight = new InFlight(maximumInFlight);
  const intake = new NotifyIntake({ onNotify: options.onNotify, log, maximumAtOnce, commitTimeoutMs });
  const presence = new Presence(options.onPresence, log);
  let garbage = 0;
  let garbageLoggedAt = -Infinity;
  const link = openBrokerLink({
    url: options.brokerUrl,
    credentials: options.credentials,
    log,
    onMessage: receive,
    onLost: () => presence.clear(),
  });

  function send(endpointId: string, message: UspMessageInit, expirySeconds: number): boolean {
    const payload = encodeMessage(message);
    return link.publish({
      topic: agentTopic(endpointId),
      payload: encodeRecord({ kind: "message", toId: endpointId, fromId: controllerEndpointId, payload }),
      type: contentType.message,
      responseTopic: controllerTopic(endpointId),
      errorId: `${endpointId}/${message.msgId}`,
      expirySeconds,
    });
  }

  async function request<Type extends UspMessage["type"]>(
    endpointId: string,
    message: UspMessageInit,
    expected: Type,
    timeoutMs = defaultTimeoutMs,
  ): Promise<Extract<UspMessage, { type: Type }>> {
    if (presence.isOnline(endpointId) === false)
      throw new UspRequestError("OFFLINE", `${endpointId} is not connected`);
    const answer = inFlight.expect({ endpointId, messageId: message.msgId, expected, timeoutMs });
    // The broker forgets it with the request: a Set or a reboot must not happen hours later.
    if (!send(endpointId, message, Math.ceil(timeoutMs / 1000))) {
      inFlight.withdraw(message.msgId);
      throw new UspRequestError("NO_BROKER", "the ACS is not connected to its broker");
    }
    try {
      return (await answer) as Extract<UspMessage, { type: Type }>;
    } catch (error) {
      if (error instanceof UspRequestError && error.code === "TIMEOUT") presence.unanswered(endpointId);
      throw error;
    }
  }

  /** Counted always, logged at most once a second: a broken box must not fill the disk. */
  function refuse(message: Incoming, reason: string): void {
    garbage += 1;
    const now = performance.now();
    if (now - garbageLoggedAt < 1000) return;
    garbageLoggedAt = now;
    const { topic, payload } = message;
    log.warn(
      { topic: topic.slice(0, 200), bytes: payload.length, reason, garbage },
      "usp: a message was refused",
    );
  }

  function receive(message: Incoming): void {
    const sender = senderOf(message.topic);
    if (sender === undefined) return refuse(message, "not the topic of a box");
    if (message.isError) return receiveError(sender, message);
    try {
      const record = decodeRecord(message.payload);
      if (record.fromId !== sender) return refuse(message, `speaks as ${record.fromId.slice(0, 100)}`);
      if (record.toId !== controllerEndpointId) return refuse(message, "for another controller");
      presence.set(sender, record.kind !== "disconnect", !message.retained);
      if (record.kind === "message") receiveMessage(sender, decodeMessage(record.payload), message);
    } catch (error) {
      if (!(error instanceof UspError))
        return log.error({ sender, err: error }, "usp: a message could not be handled");
      refuse(message, `${error.code}: ${error.message}`);
      answerUnreadable(sender, message, error);
    }
  }

  /** TR-369 R-MQTT.31, to the box's own topic only. */
  function answerUnreadable(
    sender: string,
    { responseTopic, errorId, retained }: Incoming,
    error: UspError,
  ): void {
    if (retained || responseTopic !== agentTopic(sender)) return;
    const payload = new TextEncoder().encode(`err_code:${recordFault(error)}\nerr_msg:${error.message}`);
    const answer = {
      topic: responseTopic,
      payload,
      type: contentType.error,
      responseTopic: controllerTopic(sender),
    };
    link.publish({ ...answer, errorId, expirySeconds: 60 });
  }

  function receiveError(sender: string, message: Incoming): void {
    const text = Buffer.from(message.payload).toString("utf8", 0, 300);
    // usp-err-id is "<to-id>/<msg_id>" (R-MQTT.29); neither holds a slash.
    const messageId = message.errorId.slice(message.errorId.indexOf("/") + 1);
    if (!inFlight.unreadable(sender, messageId, text)) refuse(message, `error without request: ${text}`);
  }

  function receiveMessage(sender: string, message: UspMessage, incoming: Incoming): void {
    switch (message.type) {
      case "Notify":
        return receiveNotify(sender, message, incoming);
      case "Error":
      case "GetResp":
      case "SetResp":
      case "OperateResp":
      case "GetSupportedProtocolResp":
      case "NotifyResp":
        if (!inFlight.answer(sender, message)) {
          log.debug(
            { sender, id: message.msgId, type: message.type },
            "usp: an answer to nothing that waits",
          );
        }
        return;
      case "Get":
      case "Set":
      case "Operate":
      case "GetSupportedProtocol":
      case "Unsupported": {
        const body = {
          errCode: faultCode.messageNotSupported,
          errMsg: "a controller answers no such message",
        };
        send(sender, { msgId: message.msgId, type: "Error", body }, 60);
      }
    }
  }

  function receiveNotify(
    sender: string,
    { msgId, body }: { msgId: string; body: UspBody<"Notify"> },
    incoming: Incoming,
  ): void {
    const notify = deviceNotify(msgId, body);
    if (notify === undefined) return refuse(incoming, "a notification of no known kind");
    void intake.take(sender, notify).then((kept) => {
      if (!kept || !body.sendResp) return;
      send(sender, { msgId, type: "NotifyResp", body: { subscriptionId: body.subscriptionId } }, 60);
    });
  }

  return {
    ready: link.ready,
    async get(endpointId, paths, { timeoutMs, maxDepth = 0 } = {}) {
      const body = { paramPaths: paths, maxDepth };
      const message = await request(
        endpointId,
        { msgId: `GET@${randomUUID()}`, type: "Get", body },
        "GetResp",
        timeoutMs,
      );
      return getResult(message.body);
    },
    async set(endpointId, parameters, { timeoutMs, allowPartial = false } = {}) {
      const body = { allowPartial, updateObjs: updateObjects(parameters) };
      const message = await request(
        endpointId,
        { msgId: `SET@${randomUUID()}`, type: "Set", body },
        "SetResp",
        timeoutMs,
      );
      return setResult(message.body);
    },
    async operate(endpointId, command, args = {}, { timeoutMs, commandKey = "" } = {}) {
      const body = { command, commandKey, sendResp: true, inputArgs: args };
      const msgId = `OPERATE@${randomUUID()}`;
      const message = await request(endpointId, { msgId, type: "Operate", body }, "OperateResp", timeoutMs);
      return operateResult(command, message.body);
    },
    async supportedProtocols(endpointId, { timeoutMs } = {}) {
      const body = { controllerSupportedProtocolVersions: supportedVersions };
      const msgId = `GET_SUPPORTED_PROTO@${randomUUID()}`;
      const type = "GetSupportedProtocol";
      const message = await request(endpointId, { msgId, type, body }, "GetSupportedProtocolResp", timeoutMs);
      return message.body.agentSupportedProtocolVersions;
    },
    isOnline: (endpointId) => presence.isOnline(endpointId),
    get statistics() {
      const { failed: notifiesFailed, dropped: notifiesDropped, inProgress: committing } = intake;
      return { garbage, notifiesFailed, notifiesDropped, committing, inFlight: inFlight.size };
    },
    async stop() {
      inFlight.stop();
      await link.stop();
    },
  };
}
