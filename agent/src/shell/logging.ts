import { pino } from "pino";

/** What the shell's rooms write to: pino's shape, so that a test may bring its own. */
export type Log = Record<"debug" | "info" | "warn" | "error", (fields: object, message: string) => void>;

/** Secrets never reach the log, wherever they hang in what is logged. */
const secretNames = [
  "password",
  "Password",
  "authPassword",
  "AuthPassword",
  "secret",
  "authorization",
  "ha1",
];
const redact = {
  paths: secretNames.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
  censor: "[redacted]",
};

/** JSON lines on stdout, written at once: a crash loses none. */
export function createLog(level: string): Log {
  const base = { level, base: null, redact, timestamp: pino.stdTimeFunctions.isoTime };
  return pino(
    { ...base, formatters: { level: (label) => ({ level: label }) } },
    pino.destination({ fd: 1, sync: true }),
  );
}
