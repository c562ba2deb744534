import type { LineTimer } from "../../core/line/index.ts";
import type { CallHandle } from "../../core/ports.ts";

/** Named one-shot timers: starting one again replaces it. */
export type Timers<Name extends string> = {
  start(name: Name, ms: number): void;
  stop(name: Name): void;
  stopAll(): void;
};

export function createTimers<Name extends string>(expired: (name: Name) => void): Timers<Name> {
  const running = new Map<Name, NodeJS.Timeout>();
  const stop = (name: Name): void => {
    clearTimeout(running.get(name));
    running.delete(name);
  };
  return {
    start: (name, ms) => {
      stop(name);
      const fire = (): void => {
        running.delete(name);
        expired(name);
      };
      running.set(name, setTimeout(fire, ms));
    },
    stop,
    stopAll: () => {
      for (const name of running.keys()) stop(name);
    },
  };
}

type Named = { readonly timer: LineTimer; readonly call?: CallHandle };

/** The line machine's timers: one of each name, and of some one for each call. */
export function lineTimers(expired: (timer: LineTimer, call: CallHandle | undefined) => void): {
  start(which: Named, ms: number): void;
  /** Without a call: those of every call. */
  stop(which: Named): void;
  stopAll(): void;
} {
  const running = new Map<string, Named>();
  const key = ({ timer, call }: Named): string => `${timer} ${call ?? ""}`;
  const timers = createTimers((name: string) => {
    const which = running.get(name);
    running.delete(name);
    if (which) expired(which.timer, which.call);
  });
  const stop = (name: string): void => {
    running.delete(name);
    timers.stop(name);
  };
  return {
    start: ({ timer, call }, ms) => {
      const which = { timer, ...(call !== undefined && { call }) };
      running.set(key(which), which);
      timers.start(key(which), ms);
    },
    stop: (which) => {
      if (which.call !== undefined) return stop(key(which));
      for (const [name, { timer }] of running) if (timer === which.timer) stop(name);
      return undefined;
    },
    stopAll: () => {
      running.clear();
      timers.stopAll();
    },
  };
}
