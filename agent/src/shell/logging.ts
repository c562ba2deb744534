import { writeSync } from "node:fs";

/** What the shell's rooms write to: the shape of pino and its kin, so that a test may bring its own. */
export type Log = Record<Level, (fields: object, message: string) => void>;

const levels = ["debug", "info", "warn", "error"] as const;
type Level = (typeof levels)[number];

/** Secrets never reach the log, wherever they hang in what is logged. */
const secretNames: ReadonlySet<string> = new Set([
  "password",
  "Password",
  "authPassword",
  "AuthPassword",
  "secret",
  "authorization",
  "ha1",
]);

const patience = { tries: 20, ms: 5 } as const;
const longestLine = 64 * 1024;

/**
 * JSON lines on stdout, written at once: a crash loses none. A reader that is stuck for 0.1 s loses lines: the box's
 * work is not held up for its log.
 * @param level the least that is written
 */
export function createLog(level: Level, write: (line: string) => void = writeAll): Log {
  const least = levels.indexOf(level);
  const quiet = (): void => undefined;
  const at = (name: Level) => (fields: object, message: string) => write(lineOf(name, fields, message));
  const entries = levels.map((name, rank) => [name, rank < least ? quiet : at(name)]);
  return Object.fromEntries(entries) as Log;
}

function lineOf(level: Level, fields: object, msg: string): string {
  const time = new Date().toISOString();
  try {
    const line = JSON.stringify({ level, time, ...fields, msg }, plain);
    if (line.length <= longestLine) return `${line}\n`;
  } catch {
    // A ring, or a getter that throws: what happened is worth more than its details.
  }
  return `${JSON.stringify({ level, time, msg, fields: "cannot be written" })}\n`;
}

function plain(name: string, value: unknown): unknown {
  if (secretNames.has(name)) return "[redacted]";
  if (typeof value === "bigint") return String(value);
  if (!(value instanceof Error)) return value;
  const { message, stack, cause } = value;
  // What the error's own class adds (a code, an address) are enumerable properties.
  return {
    message,
    stack,
    ...(cause === undefined ? {} : { cause }),
    ...Object.fromEntries(Object.entries(value)),
  };
}

function writeAll(line: string): void {
  let rest: Buffer = Buffer.from(line);
  for (let tries = 0; rest.length > 0 && tries < patience.tries; tries++) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      // Nobody listens any more (EPIPE): the telephone works all the same.
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, patience.ms);
    }
  }
}
