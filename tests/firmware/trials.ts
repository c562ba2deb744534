/** Counts what did as it must, and says it while it runs. */
export type Trials = {
  /** Runs one; a failure is told and counted, and the next ones run. @returns whether it did as it must */
  trial: (name: string, run: () => Promise<void>) => Promise<boolean>;
  readonly passed: number;
  readonly failed: number;
};

/** @param say one line; problems go to it as well */
export function startTrials(say: (words: string) => void = console.log): Trials {
  let passed = 0;
  let failed = 0;
  return {
    async trial(name, run) {
      const started = performance.now();
      const seconds = (): string => ((performance.now() - started) / 1000).toFixed(1);
      try {
        await run();
        passed += 1;
        say(`ok    ${name} (${seconds()} s)`);
        return true;
      } catch (error) {
        failed += 1;
        say(`WRONG ${name} (${seconds()} s): ${error instanceof Error ? error.message : String(error)}`);
        return false;
      }
    },
    get passed() {
      return passed;
    },
    get failed() {
      return failed;
    },
  };
}
