import type { UspMessage } from "@tonalite/agent/core/usp";
import { UspRequestError } from "./request-error.ts";

type Waiting = {
  readonly endpointId: string;
  readonly expected: UspMessage["type"];
  readonly timer: NodeJS.Timeout;
  readonly resolve: (message: UspMessage) => void;
  readonly reject: (error: UspRequestError) => void;
};

export type Expected = {
  readonly endpointId: string;
  readonly messageId: string;
  readonly expected: UspMessage["type"];
  readonly timeoutMs: number;
};

/** Requests that wait for the answer of a box, by message id. */
export class InFlight {
  readonly #waiting = new Map<string, Waiting>();
  readonly #maximum: number;

  constructor(maximum: number) {
    this.#maximum = maximum;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** @throws UspRequestError TOO_MANY, TIMEOUT, DEVICE_ERROR, UNEXPECTED_RESPONSE, STOPPED */
  expect({ endpointId, messageId, expected, timeoutMs }: Expected): Promise<UspMessage> {
    if (this.#waiting.size >= this.#maximum) {
      throw new UspRequestError(
        "TOO_MANY",
        `${this.#waiting.size} requests are already waiting for an answer`,
      );
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(messageId);
        reject(new UspRequestError("TIMEOUT", `${endpointId} did not answer within ${timeoutMs} ms`));
      }, timeoutMs);
      this.#waiting.set(messageId, { endpointId, expected, timer, resolve, reject });
    });
  }

  /** False when nothing waits for this answer of this box. */
  answer(endpointId: string, message: UspMessage): boolean {
    const waiting = this.#take(endpointId, message.msgId);
    if (waiting === undefined) return false;
    if (message.type === "Error") {
      const { errCode, errMsg, paramErrs } = message.body;
      const faults = paramErrs.map((item) => ({
        path: item.paramPath,
        code: item.errCode,
        message: item.errMsg,
      }));
      waiting.reject(
        new UspRequestError("DEVICE_ERROR", `${endpointId}: ${errCode} ${errMsg}`, errCode, faults),
      );
    } else if (message.type === waiting.expected) waiting.resolve(message);
    else {
      const text = `${endpointId} answered with ${message.type} instead of ${waiting.expected}`;
      waiting.reject(new UspRequestError("UNEXPECTED_RESPONSE", text));
    }
    return true;
  }

  /** The box could not read the record of this request (TR-369 R-MQTT.31). */
  unreadable(endpointId: string, messageId: string, text: string): boolean {
    const waiting = this.#take(endpointId, messageId);
    waiting?.reject(new UspRequestError("DEVICE_ERROR", `${endpointId} could not read the request: ${text}`));
    return waiting !== undefined;
  }

  /** Forgets a request that could not be sent. */
  withdraw(messageId: string): void {
    const waiting = this.#waiting.get(messageId);
    if (waiting !== undefined) this.#take(waiting.endpointId, messageId);
  }

  stop(): void {
    for (const waiting of this.#waiting.values()) {
      clearTimeout(waiting.timer);
      waiting.reject(new UspRequestError("STOPPED", "the controller stops"));
    }
    this.#waiting.clear();
  }

  #take(endpointId: string, messageId: string): Waiting | undefined {
    const waiting = this.#waiting.get(messageId);
    if (waiting?.endpointId !== endpointId) return undefined;
    clearTimeout(waiting.timer);
    this.#waiting.delete(messageId);
    return waiting;
  }
}
