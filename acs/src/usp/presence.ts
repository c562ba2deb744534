import type { UspLog } from "@tonalite/agent/core/usp";

export type OnPresence = (endpointId: string, online: boolean) => void | Promise<void>;

/**
 * Which boxes are connected: from their connect records and last wills, which the broker retains. A retained record
 * may be older than a crash of the broker, so a box that was never heard since and does not answer counts as gone.
 */
export class Presence {
  readonly #states = new Map<string, { online: boolean; heard: boolean }>();
  readonly #onPresence: OnPresence;
  readonly #log: UspLog;

  constructor(onPresence: OnPresence, log: UspLog) {
    this.#onPresence = onPresence;
    this.#log = log;
  }

  /** Undefined: nothing is known of this box. */
  isOnline(endpointId: string): boolean | undefined {
    return this.#states.get(endpointId)?.online;
  }

  set(endpointId: string, online: boolean, heard: boolean): void {
    const before = this.#states.get(endpointId);
    this.#states.set(endpointId, {
      online,
      heard: heard || (before?.heard === true && before.online === online),
    });
    if (before?.online !== online) this.#tell(endpointId, online);
  }

  unanswered(endpointId: string): void {
    const state = this.#states.get(endpointId);
    if (state?.online === true && !state.heard) this.set(endpointId, false, false);
  }

  /** Without a broker nobody is reachable. */
  clear(): void {
    const online = [...this.#states].filter(([, state]) => state.online);
    this.#states.clear();
    for (const [endpointId] of online) this.#tell(endpointId, false);
  }

  #tell(endpointId: string, online: boolean): void {
    const failed = (error: unknown): void =>
      this.#log.error({ endpointId, online, err: error }, "usp: presence was not kept");
    try {
      Promise.resolve(this.#onPresence(endpointId, online)).catch(failed);
    } catch (error) {
      failed(error);
    }
  }
}
