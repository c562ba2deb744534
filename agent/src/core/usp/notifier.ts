import { UspError } from "./error.ts";
import { encodeMessage, type UspBody, type UspMessage } from "./message.ts";
import type { Init } from "./protobuf.ts";
import type { bodyTables } from "./message-tables.ts";

/** Time as the core sees it: milliseconds on a clock that never steps, and a timer. */
export type Clock = {
  now(): number;
  /** Runs `task` once after `milliseconds`; the returned function cancels it. */
  after(milliseconds: number, task: () => void): () => void;
};

export type NotifyInit = Init<(typeof bodyTables)["Notify"]>;

/** TR-369 §7.6.3 (notification retry): m = 5 s, k = 2000, the tenth range for all later attempts (43–85 minutes). */
export const notifyRetry = { minimumSeconds: 5, multiplier: 2000, lastRange: 10 } as const;

/** The wait before retry `attempt` (1…), in milliseconds: uniform within its range. `random` is in [0, 1). */
export function retryDelay(attempt: number, random: number): number {
  const range = Math.min(attempt, notifyRetry.lastRange);
  const factor = notifyRetry.multiplier / 1000;
  const low = notifyRetry.minimumSeconds * factor ** (range - 1);
  const high = notifyRetry.minimumSeconds * factor ** range;
  return Math.round((low + (high - low) * random) * 1000);
}

type Pending = {
  readonly messageId: string;
  readonly bytes: Uint8Array;
  readonly expiresAt: number;
  attempts: number;
  cancel: () => void;
  settle: (error?: UspError) => void;
};

export type NotifierOptions = {
  readonly clock: Clock;
  readonly random: () => number;
  readonly newMessageId: () => string;
  /** Notifications waiting for an answer; one more is refused with QUEUE_FULL. Its caller keeps the fact anyway. */
  readonly maximumPending: number;
};

/**
 * Notifications that want an answer: sent when there is a connection, sent again by TR-369's schedule and after each
 * reconnection, always as the same message, until the controller answers.
 */
export class Notifier {
  readonly #options: NotifierOptions;
  readonly #pending = new Map<string, Pending>();
  #send: ((message: Uint8Array, messageId: string) => void) | undefined;

  constructor(options: NotifierOptions) {
    this.#options = options;
  }

  get waiting(): number {
    return this.#pending.size;
  }

  /** There is a connection: everything waiting goes out at once, in order. */
  connected(send: (message: Uint8Array, messageId: string) => void): void {
    this.#send = send;
    for (const pending of this.#pending.values()) {
      pending.attempts = 0;
      this.#attempt(pending);
    }
  }

  /** The connection is gone: nothing is sent until the next one. */
  disconnected(): void {
    this.#send = undefined;
    for (const pending of this.#pending.values()) pending.cancel();
  }

  /**
   * Resolves when the controller has answered (`sendResp`), or once it is sent.
   * @throws UspError QUEUE_FULL; EXPIRED after `expirySeconds`; REFUSED when the controller answered with an error;
   * STOPPED; for a notification without answer while there is no connection: EXPIRED.
   */
  async notify(notify: NotifyInit, expirySeconds = Infinity): Promise<void> {
    const messageId = this.#options.newMessageId();
    const bytes = encodeMessage({ msgId: messageId, type: "Notify", body: notify });
    if (notify.sendResp !== true) {
      if (this.#send === undefined) throw new UspError("EXPIRED", "no connection to the controller");
      this.#send(bytes, messageId);
      return;
    }
    if (this.#pending.size >= this.#options.maximumPending) {
      throw new UspError("QUEUE_FULL", `${this.#pending.size} notifications are already waiting`);
    }
    const expiresAt = this.#options.clock.now() + expirySeconds * 1000;
    await new Promise<void>((resolve, reject) => {
      const settle = (error?: UspError): void => {
        pending.cancel();
        this.#pending.delete(messageId);
        if (error === undefined) resolve();
        else reject(error);
      };
      const pending: Pending = { messageId, bytes, expiresAt, attempts: 0, cancel: () => {}, settle };
      this.#pending.set(messageId, pending);
      this.#attempt(pending);
    });
  }

  /** Takes a NotifyResp or an Error; false when it answers nothing that waits here. */
  answered(message: Extract<UspMessage, { type: "NotifyResp" | "Error" }>): boolean {
    const pending = this.#pending.get(message.msgId);
    if (pending === undefined) return false;
    pending.settle(message.type === "Error" ? refusal(message.body) : undefined);
    return true;
  }

  stop(): void {
    this.#send = undefined;
    for (const pending of this.#pending.values()) pending.settle(new UspError("STOPPED", "the agent stops"));
  }

  #attempt(pending: Pending): void {
    pending.cancel();
    const { clock, random } = this.#options;
    if (clock.now() >= pending.expiresAt) {
      pending.settle(new UspError("EXPIRED", "the controller did not answer in time"));
      return;
    }
    if (this.#send === undefined) return;
    pending.attempts += 1;
    const delay = Math.min(retryDelay(pending.attempts, random()), pending.expiresAt - clock.now());
    pending.cancel = clock.after(delay, () => this.#attempt(pending));
    this.#send(pending.bytes, pending.messageId);
  }
}

const refusal = (body: UspBody<"Error">): UspError =>
  new UspError("REFUSED", `the controller answered ${body.errCode}: ${body.errMsg}`);
