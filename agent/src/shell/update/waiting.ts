import {
  isClockSet,
  judgeWait,
  placeAmong,
  quietTimesFor,
  type GateVerdict,
  type Step,
  type UpdateIn,
  type UpdateRequest,
} from "../../core/update/index.ts";
import type { UpdateOptions, UpdateTiming } from "./options.ts";
import { Rejection, type RetryPlan } from "./rejection.ts";

/** An update that is asked for and not over. */
export type Job = Pick<UpdateIn<"checking">, "request" | "startedAt">;

/** What an update may wait for, and how it ends early when it is stopped. */
export type Waiting = {
  /**
   * Resolves when the step may be taken.
   * @throws Rejection `WINDOW_MISSED`; the signal's reason when stopped
   */
  until: (step: Step, job: Job) => Promise<void>;
  /** Whether it may be taken now. */
  may: (step: Step, job: Job) => boolean;
  /** Resolves when an HTTPS server's certificate can be judged. @throws Rejection when it never can */
  clock: (job: Job) => Promise<void>;
  pause: (ms: number) => Promise<void>;
  /** A pause that a change of the line ends: servers, which have nothing to do with it, are not asked sooner. */
  watch: (ms: number) => Promise<void>;
  poke: () => void;
  /** How often a failure may be repeated: as the window says that is on, else the box's own plan. */
  retryPlan: (job: Job) => RetryPlan;
};

/**
 * @param live the request as it stands now: the subscriber may have agreed meanwhile
 * @param say shows what holds the update up
 */
export function createWaiting(
  options: UpdateOptions,
  timing: UpdateTiming,
  signal: AbortSignal,
  live: () => UpdateRequest | undefined,
  say: (words: string) => void,
): Waiting {
  const { boot, now = () => new Date() } = options;
  const remind = options.onRemind ?? (() => {});
  let wake: () => void = () => {};

  const sleep = async (ms: number, listen?: (end: () => void) => void): Promise<void> => {
    if (signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const end = (): void => resolve();
    const timer = setTimeout(end, ms);
    listen?.(end);
    signal.addEventListener("abort", end, { once: true });
    await promise;
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
  };
  const watch = async (ms: number): Promise<void> => await sleep(ms, (end) => (wake = end));

  // `held` says why not yet; undefined: go on.
  const loop = async (held: () => string | undefined): Promise<void> => {
    for (let why = held(); why !== undefined; why = held()) {
      signal.throwIfAborted();
      if (boot.running.trial) boot.alive();
      say(why);
      await watch(timing.quietPollMs);
    }
    signal.throwIfAborted();
  };

  const judge = (step: Step, { request, startedAt }: Job): GateVerdict => {
    const at = now();
    const asked = live();
    return judgeWait(step, {
      idle: options.idle(),
      request: asked?.id === request.id ? { ...request, confirmed: asked.confirmed } : request,
      startedAt,
      at: at.toISOString(),
      maintenance: options.maintenance?.(at) ?? null,
      quiet: options.quietTime ? quietTimesFor(options.quietTime()) : timing.quiet,
    });
  };

  return {
    may: (step, job) => judge(step, job).verdict === "go",
    async until(step, job) {
      try {
        await loop(() => {
          const verdict = judge(step, job);
          if (verdict.verdict === "missed") throw new Rejection("WINDOW_MISSED", verdict.why);
          remind(verdict.verdict === "hold" && verdict.remind);
          return verdict.verdict === "hold" ? verdict.why : undefined;
        });
      } finally {
        remind(false);
      }
    },
    // A certificate is judged by the time: without one, none is believed and none is refused.
    async clock({ request }) {
      if (!/^https:/i.test(request.url)) return;
      const end = performance.now() + timing.clockPatienceMs;
      await loop(() => {
        if (isClockSet(now())) return undefined;
        const words = "the box's clock is not set, which the server's certificate is judged by";
        if (performance.now() >= end) throw new Rejection("SERVER_UNREACHABLE", words);
        return words;
      });
    },
    pause: async (ms) => await sleep(ms),
    watch,
    poke: () => wake(),
    retryPlan({ request }) {
      const place = placeAmong(request.windows, now().toISOString());
      if (place.place !== "inside" || place.window.retries < 0) return timing.retry;
      return { ...timing.retry, attempts: place.window.retries + 1 };
    },
  };
}
