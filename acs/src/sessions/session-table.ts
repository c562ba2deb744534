/** What the table needs to know of a session; the rest is the conversation's own. */
export type TableEntry = { readonly token: string; readonly deviceId: string; closed: boolean };

/**
 * Open sessions, at most one a device: a new Inform replaces what a box that lost power left behind. Bounded in
 * number and in idle time, so that boxes which never come back cost nothing for long.
 */
export class SessionTable<S extends TableEntry> {
  readonly #idleMs: number;
  readonly #capacity: number;
  readonly #now: () => number;
  /** in the order of last use */
  readonly #byToken = new Map<string, { session: S; usedAt: number }>();
  readonly #byDevice = new Map<string, S>();

  /** @param options idleMs: milliseconds without a request (default 90 s); capacity: open sessions (default 20,000) */
  constructor(options: { idleMs?: number; capacity?: number; now?: () => number } = {}) {
    this.#idleMs = options.idleMs ?? 90_000;
    this.#capacity = options.capacity ?? 20_000;
    this.#now = options.now ?? Date.now;
  }

  get size(): number {
    return this.#byToken.size;
  }

  /** Opens a session; the device's former one and those idle too long end. */
  add(session: S): void {
    this.expire();
    const former = this.#byDevice.get(session.deviceId);
    if (former) this.remove(former);
    if (this.#byToken.size >= this.#capacity) {
      const oldest = this.#byToken.values().next().value;
      if (oldest) this.remove(oldest.session);
    }
    this.#byToken.set(session.token, { session, usedAt: this.#now() });
    this.#byDevice.set(session.deviceId, session);
  }

  /** The session of a cookie, if it is still open; counts as use. */
  find(token: string): S | undefined {
    const found = this.#byToken.get(token);
    if (!found) return undefined;
    if (this.#now() - found.usedAt > this.#idleMs) {
      this.remove(found.session);
      return undefined;
    }
    found.usedAt = this.#now();
    this.#byToken.delete(token);
    this.#byToken.set(token, found);
    return found.session;
  }

  remove(session: S): void {
    session.closed = true;
    this.#byToken.delete(session.token);
    if (this.#byDevice.get(session.deviceId) === session) this.#byDevice.delete(session.deviceId);
  }

  /** Ends what has been idle too long. */
  expire(): void {
    for (const { session, usedAt } of this.#byToken.values()) {
      if (this.#now() - usedAt <= this.#idleMs) return;
      this.remove(session);
    }
  }
}
