import type { LightBoxLog } from "@tonalite/agent/light-box";

/** What a fleet did, for people and machines. Times in milliseconds. */
export type FleetFigures = {
  devices: number;
  up: number;
  seconds: number;
  sessions: number;
  sessionsPerSecond: number;
  failures: number;
  /** how often a session failed for which reason */
  reasons: Record<string, number>;
  /** requests of the ACS, by RPC */
  requests: Record<string, number>;
  /** from the Inform to the end of the session */
  sessionMs: { median: number; p95: number; longest: number } | null;
  updates: { done: number; failed: number };
  /** resident memory of this process, shared out */
  kibPerDevice: number;
};

/** Durations kept for the median: the latest ones. */
const mostDurations = 50_000;
const mostReasons = 20;

/** Counts what the boxes of a fleet tell of their sessions. */
export class FleetCount {
  sessions = 0;
  failures = 0;
  readonly updates = { done: 0, failed: 0 };
  readonly #reasons = new Map<string, number>();
  readonly #requests = new Map<string, number>();
  readonly #durations: number[] = [];
  readonly #began = performance.now();

  /** The log of one box: its lines are counted, not written. */
  logOf(): LightBoxLog & { sessionEnded: () => void } {
    let opened: number | undefined;
    const failed = (reason: string): void => {
      opened = undefined;
      this.failures += 1;
      if (this.#reasons.has(reason) || this.#reasons.size < mostReasons) increase(this.#reasons, reason);
    };
    return {
      debug: (detail, message) => {
        if (message === "cwmp: session opens") opened = performance.now();
        if (message === "cwmp: request of the ACS" && "method" in detail)
          increase(this.#requests, String(detail.method));
      },
      // A session that failed with nothing left to tell is not tried again, and told here.
      info: (_detail, message) => {
        const [, reason] = /^cwmp: session failed: (.*)$/s.exec(message) ?? [];
        if (reason !== undefined) failed(reason);
      },
      warn: (detail, message) => {
        if (message === "cwmp: session failed")
          failed("reason" in detail ? String(detail.reason) : "unknown");
      },
      error: (detail, message) => failed("error" in detail ? `${message}: ${String(detail.error)}` : message),
      sessionEnded: () => {
        if (opened === undefined) return;
        this.sessions += 1;
        this.#durations[this.sessions % mostDurations] = performance.now() - opened;
        opened = undefined;
      },
    };
  }

  figures(devices: number, up: number): FleetFigures {
    const seconds = (performance.now() - this.#began) / 1000;
    const sorted = this.#durations.filter(Number.isFinite).toSorted((a, b) => a - b);
    const at = (share: number): number =>
      sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
    return {
      devices,
      up,
      seconds,
      sessions: this.sessions,
      sessionsPerSecond: this.sessions / seconds,
      failures: this.failures,
      reasons: Object.fromEntries(this.#reasons),
      requests: Object.fromEntries(this.#requests),
      sessionMs: sorted.length === 0 ? null : { median: at(0.5), p95: at(0.95), longest: at(1) },
      updates: { ...this.updates },
      kibPerDevice: Math.round(process.memoryUsage.rss() / 1024 / devices),
    };
  }
}

const increase = (counts: Map<string, number>, key: string): void =>
  void counts.set(key, (counts.get(key) ?? 0) + 1);
