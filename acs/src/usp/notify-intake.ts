import type { UspBody, UspLog } from "@tonalite/agent/core/usp";

/** A notification of a box, as the rest of the ACS sees it. */
export type DeviceNotify = { readonly messageId: string; readonly subscriptionId: string } & (
  | {
      readonly kind: "event";
      readonly objectPath: string;
      readonly eventName: string;
      readonly params: Readonly<Record<string, string>>;
    }
  | { readonly kind: "value-change"; readonly path: string; readonly value: string }
  | {
      readonly kind: "operation-complete";
      readonly objectPath: string;
      readonly command: string;
      readonly commandKey: string;
      readonly output: Readonly<Record<string, string>>;
      readonly failure: { readonly code: number; readonly message: string } | null;
    }
  | {
      readonly kind: "on-board";
      readonly oui: string;
      readonly productClass: string;
      readonly serialNumber: string;
      readonly protocolVersions: string;
    }
);

export type OnNotify = (endpointId: string, notify: DeviceNotify) => Promise<void>;

/** Undefined for a kind of notification that this ACS does not know. */
export function deviceNotify(messageId: string, body: UspBody<"Notify">): DeviceNotify | undefined {
  const common = { messageId, subscriptionId: body.subscriptionId };
  const { event, valueChange, operComplete, onBoardReq } = body;
  if (event !== undefined) {
    return {
      ...common,
      kind: "event",
      objectPath: event.objPath,
      eventName: event.eventName,
      params: event.params,
    };
  }
  if (valueChange !== undefined) {
    return { ...common, kind: "value-change", path: valueChange.paramPath, value: valueChange.paramValue };
  }
  if (operComplete !== undefined) {
    const { objPath: objectPath, commandName: command, commandKey, reqOutputArgs, cmdFailure } = operComplete;
    const failure =
      cmdFailure === undefined ? null : { code: cmdFailure.errCode, message: cmdFailure.errMsg };
    const output = reqOutputArgs?.outputArgs ?? {};
    return { ...common, kind: "operation-complete", objectPath, command, commandKey, output, failure };
  }
  if (onBoardReq === undefined) return undefined;
  const { oui, productClass, serialNumber, agentSupportedProtocolVersions: protocolVersions } = onBoardReq;
  return { ...common, kind: "on-board", oui, productClass, serialNumber, protocolVersions };
}

export type IntakeOptions = {
  readonly onNotify: OnNotify;
  readonly log: UspLog;
  /** Notifications being committed at one time; beyond it they are dropped, and their boxes send them again. */
  readonly maximumAtOnce: number;
  /** After this a commit counts as failed, in milliseconds. */
  readonly commitTimeoutMs: number;
};

const remembered = 10_000;

/**
 * Commits notifications before they are answered. One that fails is not answered, so that the box keeps and repeats
 * it; a repeat of one that was committed is answered without being committed again.
 */
export class NotifyIntake {
  readonly #options: IntakeOptions;
  readonly #inProgress = new Set<string>();
  readonly #committed = new Set<string>();
  failed = 0;
  dropped = 0;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  get inProgress(): number {
    return this.#inProgress.size;
  }

  /** Resolves to whether the box may be told that its notification is kept. Never rejects. */
  async take(endpointId: string, notify: DeviceNotify): Promise<boolean> {
    const key = `${endpointId}\n${notify.messageId}`;
    if (this.#committed.has(key)) return true;
    if (this.#inProgress.has(key)) return false;
    if (this.#inProgress.size >= this.#options.maximumAtOnce) {
      this.dropped += 1;
      return false;
    }
    this.#inProgress.add(key);
    try {
      await this.#inTime(this.#options.onNotify(endpointId, notify));
      this.#remember(key);
      return true;
    } catch (error) {
      this.failed += 1;
      const { kind, messageId } = notify;
      this.#options.log.error(
        { endpointId, kind, messageId, err: error },
        "usp: a notification was not kept; the box will repeat it",
      );
      return false;
    } finally {
      this.#inProgress.delete(key);
    }
  }

  async #inTime(commit: Promise<void>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error("the commit takes too long")), this.#options.commitTimeoutMs);
    });
    await Promise.race([commit, late]).finally(() => clearTimeout(timer));
  }

  #remember(key: string): void {
    this.#committed.add(key);
    if (this.#committed.size <= remembered) return;
    const oldest = this.#committed.keys().next();
    if (oldest.done !== true) this.#committed.delete(oldest.value);
  }
}
