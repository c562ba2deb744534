import { judgeHealth, type UpdateEvent, type UpdateIn } from "../../core/update/index.ts";
import type { UpdateOptions, UpdateTiming } from "./options.ts";
import type { Waiting } from "./waiting.ts";

/** Watches an image on trial until there is a verdict on it. */
export function createTrialWatch(
  options: UpdateOptions,
  timing: UpdateTiming,
  waiting: Pick<Waiting, "watch">,
  signal: AbortSignal,
  say: (words: string) => void,
): (job: UpdateIn<"trial">) => Promise<UpdateEvent> {
  const { boot } = options;
  let renewed = false;
  return async (job) => {
    const started = performance.now();
    let reachable = 0;
    let last = started;
    for (;;) {
      signal.throwIfAborted();
      boot.alive();
      const lines = registeredOr(job.lines, options);
      const allBack = lines.every((line) => line.status !== "down");
      const network = allBack || (await options.networkReachable()) ? "reachable" : "unreachable";
      const now = performance.now();
      if (network === "reachable") reachable += now - last;
      last = now;
      const seen = {
        lines,
        network,
        reachableFor: reachable / 1000,
        runningFor: (now - started) / 1000,
      } as const;
      const verdict = judgeHealth(seen, timing.health);
      if (verdict.verdict === "healthy") return { event: "healthy" };
      if (verdict.verdict === "unhealthy") return { event: "unhealthy", reason: verdict.reason };
      say(verdict.reason);
      if (verdict.extended && !renewed) {
        await boot.renew();
        renewed = true;
      }
      await waiting.watch(timing.healthPollMs);
    }
  };
}

function registeredOr(lines: readonly number[], options: UpdateOptions) {
  const registered = new Set(options.registeredLines());
  return lines.map((line) =>
    registered.has(line) ? ({ line, status: "registered" } as const) : options.lineHealth(line),
  );
}
