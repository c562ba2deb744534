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
