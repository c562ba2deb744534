import { existsSync } from "node:fs";
import { join } from "node:path";
import { type ProbeLine, probeLine } from "../../core/diagnostics/index.ts";
import { loadChildProcess } from "./builtin.ts";
import { JsonLines } from "../net/json-lines.ts";

/** No line of it is longer; no test has more lines. */
const longestLine = 1024;
const mostLines = 10_000;
const longestRun = 600_000;

/** Where tonalite-probe is: in the slot, or built in the source tree. */
export function probeProgram(slot: string | undefined): string | undefined {
  const places = [
    ...(slot === undefined ? [] : [join(slot, "tonalite-probe")]),
    join(import.meta.dirname, "../../../native/build/tonalite-probe"),
  ];
  return places.find((place) => existsSync(place));
}

/** Runs the probe to its end, ten minutes at most. Rejects when it cannot be started; ends early with `signal`. */
export function runProbe(
  program: string,
  order: readonly string[],
  signal: AbortSignal,
): Promise<ProbeLine[]> {
  const { promise, reject, resolve } = Promise.withResolvers<ProbeLine[]>();
  const lines: ProbeLine[] = [];
  const ending = AbortSignal.any([signal, AbortSignal.timeout(longestRun)]);
  const child = loadChildProcess().spawn(program, order, {
    stdio: ["ignore", "pipe", "ignore"],
    signal: ending,
    env: {},
  });
  const reader = new JsonLines(
    longestLine,
    (value) => {
      const line = probeLine.safeParse(value);
      if (line.success && lines.length < mostLines) lines.push(line.data);
    },
    () => undefined,
  );
  child.stdout.on("data", (chunk: Buffer) => reader.push(chunk));
  // Ended by the signal it has an error too: what it said until then counts.
  child.on("error", (error) => (ending.aborted ? resolve(lines) : reject(error)));
  child.on("close", () => resolve(lines));
  return promise;
}
