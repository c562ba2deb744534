import type { Clock } from "../../core/usp/index.ts";

/** The machine's monotonic clock and timers. A timer alone keeps no process alive. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(milliseconds, task) {
    const timer = setTimeout(task, milliseconds).unref();
    return () => clearTimeout(timer);
  },
};
