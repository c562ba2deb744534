/** Time as the client sees it; tests bring their own. */
export type CwmpClock = {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs a task later; returns how to cancel that. */
  after(milliseconds: number, task: () => void): () => void;
};

/** The machine's clock. A timer alone keeps no process alive. */
export const systemClock: CwmpClock = {
  now: () => Date.now(),
  after(milliseconds, task) {
    const timer = setTimeout(task, milliseconds).unref();
    return () => clearTimeout(timer);
  },
};

/** What the client logs to; pino fits. */
export type CwmpLog = Record<"debug" | "info" | "warn" | "error", (detail: object, message: string) => void>;
