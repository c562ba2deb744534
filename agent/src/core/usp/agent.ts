import { controllerEndpointId } from "./endpoint.ts";
import { faultCode, recordFault, UspError } from "./error.ts";
import { answerGet } from "./get.ts";
import { decodeMessage, encodeMessage, type UspMessage, type UspMessageInit } from "./message.ts";
import { type Clock, Notifier, type NotifyInit } from "./notifier.ts";
import { answerOperate, type Operate } from "./operate.ts";
import type { UspModel } from "./paths.ts";
import { defaultLimits } from "./protobuf.ts";
import { decodeRecord, encodeRecord, supportedVersions, type UspRecord } from "./record.ts";
import { SeenRequests } from "./seen-requests.ts";
import { answerSet } from "./set.ts";

/** Where the core writes what happened; pino's shape. */
export type UspLog = Record<"debug" | "info" | "warn" | "error", (fields: object, message: string) => void>;

export type UspAgentOptions = {
  readonly model: UspModel;
  readonly endpointId: string;
  readonly operate: Operate;
  readonly log: UspLog;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Unique over restarts of the device. */
  readonly newMessageId: () => string;
  /** The one controller that is obeyed; `self::tonalite-acs` when not given. */
  readonly controllerId?: string;
  /** Notifications waiting for the controller's answer, 64 when not given. */
  readonly maximumPending?: number;
};

/** What goes back to the sender of a record. */
export type UspReply =
  | {
      readonly kind: "record";
      readonly bytes: Uint8Array;
      readonly messageId: string;
      readonly afterReply?: () => void;
    }
  /** The record was not understood (TR-369 R-MQTT.31): a code and a text for it, in an error payload. */
  | { readonly kind: "error"; readonly code: number; readonly message: string };

export type UspAgent = {
  readonly endpointId: string;
  readonly controllerId: string;
  /** Takes one received record. Never rejects. */
  handle(record: Uint8Array): Promise<readonly UspReply[]>;
  /** The transport is up: `send` publishes a record to the controller. */
  connected(send: (record: Uint8Array, messageId: string) => void): void;
  disconnected(): void;
  /** Any notification; see `Notifier.notify` for when it resolves and what it throws. */
  notify(notify: NotifyInit, expirySeconds?: number): Promise<void>;
  /** An event of the data model, e.g. `("Device.X_TONALITE_Journal.", "Entry!", { Id: "…" }, true)`. */
  notifyEvent(
    objectPath: string,
    eventName: string,
    params: Readonly<Record<string, string>>,
    sendResponse: boolean,
  ): Promise<void>;
  readonly waitingNotifications: number;
  stop(): void;
};

/** The device's side of USP (TR-369): Get, Set, Operate and GetSupportedProtocol over the data model, and Notify. */
export function createUspAgent(options: UspAgentOptions): UspAgent {
  const { endpointId, log, clock, random, newMessageId, maximumPending = 64 } = options;
  const controllerId = options.controllerId ?? controllerEndpointId;
  const notifier = new Notifier({ clock, random, newMessageId, maximumPending });
  const seen = new SeenRequests<Answer>(clock);
  const wrap = (payload: Uint8Array, toId = controllerId): Uint8Array =>
    encodeRecord({ kind: "message", toId, fromId: endpointId, payload });

  async function handle(input: Uint8Array): Promise<readonly UspReply[]> {
    try {
      const record = decodeRecord(input);
      if (record.toId !== endpointId) {
        log.warn({ to: record.toId, from: record.fromId }, "usp: a record for another endpoint");
        return [];
      }
      return record.kind === "message" ? await reply(record, input) : [];
    } catch (error) {
      if (!(error instanceof UspError)) throw error;
      log.warn(
        { code: error.code, reason: error.message, bytes: input.length },
        "usp: a record was not understood",
      );
      return [{ kind: "error", code: recordFault(error), message: error.message }];
    }
  }

  async function reply(
    record: Extract<UspRecord, { kind: "message" }>,
    input: Uint8Array,
  ): Promise<readonly UspReply[]> {
    const message = decodeMessage(record.payload);
    const answer =
      record.fromId === controllerId
        ? await answerOrFault(message, record.fromId, input)
        : strangerAnswer(message);
    if (answer === undefined) return [];
    const bytes = fitting(wrap(encodeMessage(answer.message), record.fromId), () =>
      wrap(encodeMessage(tooLarge(message.msgId)), record.fromId),
    );
    const { afterReply } = answer;
    return [
      {
        kind: "record",
        bytes,
        messageId: message.msgId,
        ...(afterReply === undefined ? {} : { afterReply }),
      },
    ];
  }

  async function answerOrFault(message: UspMessage, fromId: string, input: Uint8Array): Promise<Answer> {
    try {
      return await answerOf(message, fromId, input);
    } catch (error) {
      log.error(
        { id: message.msgId, type: message.type, err: error },
        "usp: a request failed inside the device",
      );
      return requests.has(message.type)
        ? fault(message.msgId, faultCode.internalError, "the device failed to answer")
        : undefined;
    }
  }

  async function answerOf(message: UspMessage, fromId: string, input: Uint8Array): Promise<Answer> {
    if (message.type === "NotifyResp" || message.type === "Error") {
      if (!notifier.answered(message))
        log.debug({ id: message.msgId }, "usp: an answer to nothing that waits");
      return undefined;
    }
    if (message.type !== "Set" && message.type !== "Operate") return execute(message);
    const { repeated, answer } = seen.once(`${fromId}\n${message.msgId}`, input, () => execute(message));
    if (repeated)
      log.info({ id: message.msgId, type: message.type }, "usp: a repeated request was not executed again");
    const first = await answer;
    return repeated && first !== undefined ? { message: first.message } : first;
  }

  async function execute(message: UspMessage): Promise<Answer> {
    const { msgId } = message;
    switch (message.type) {
      case "Get":
        return { message: { msgId, type: "GetResp", body: answerGet(options.model, message.body) } };
      case "Set": {
        const answer = answerSet(options.model, message.body);
        if (!answer.ok) return { message: { msgId, type: "Error", body: answer.error } };
        return { message: { msgId, type: "SetResp", body: answer.body } };
      }
      case "Operate": {
        log.info({ command: message.body.command, key: message.body.commandKey }, "usp: operate");
        const { body, afterReply } = await answerOperate(options.operate, message.body);
        if (!message.body.sendResp) {
          afterReply?.();
          return undefined;
        }
        const response = { msgId, type: "OperateResp", body } as const;
        return afterReply === undefined ? { message: response } : { message: response, afterReply };
      }
      case "GetSupportedProtocol": {
        const body = { agentSupportedProtocolVersions: supportedVersions };
        return { message: { msgId, type: "GetSupportedProtocolResp", body } };
      }
      case "Unsupported":
      case "Notify":
        return fault(msgId, faultCode.messageNotSupported, "this message is not supported");
      case "Error":
      case "GetResp":
      case "SetResp":
      case "OperateResp":
      case "NotifyResp":
      case "GetSupportedProtocolResp":
        log.debug({ id: msgId, type: message.type }, "usp: an answer to nothing that was asked");
        return undefined;
    }
    return undefined;
  }

  return {
    endpointId,
    controllerId,
    handle,
    connected: (send) => notifier.connected((payload, messageId) => send(wrap(payload), messageId)),
    disconnected: () => notifier.disconnected(),
    notify: (notify, expirySeconds) => notifier.notify(notify, expirySeconds),
    notifyEvent: (objPath, eventName, params, sendResp) =>
      notifier.notify({ subscriptionId: eventName, sendResp, event: { objPath, eventName, params } }),
    get waitingNotifications() {
      return notifier.waiting;
    },
    stop: () => notifier.stop(),
  };
}

type Answer = { readonly message: UspMessageInit; readonly afterReply?: () => void } | undefined;

const fault = (msgId: string, errCode: number, errMsg: string): Answer => ({
  message: { msgId, type: "Error", body: { errCode, errMsg } },
});

const tooLarge = (msgId: string): UspMessageInit => {
  const errMsg = `the answer is larger than ${defaultLimits.maximumBytes} bytes; ask for less`;
  return { msgId, type: "Error", body: { errCode: faultCode.resourcesExceeded, errMsg } };
};

const fitting = (bytes: Uint8Array, instead: () => Uint8Array): Uint8Array =>
  bytes.length <= defaultLimits.maximumBytes ? bytes : instead();

const requests: ReadonlySet<UspMessage["type"]> = new Set([
  "Get",
  "Set",
  "Operate",
  "GetSupportedProtocol",
  "Unsupported",
]);

/** A stranger's request is refused; anything else of a stranger gets no answer, or two agents would talk for ever. */
const strangerAnswer = ({ msgId, type }: UspMessage): Answer =>
  requests.has(type)
    ? fault(msgId, faultCode.permissionDenied, "this controller is not known here")
    : undefined;
