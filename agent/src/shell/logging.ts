import { pino, type DestinationStream } from "pino";

/** What the shell's rooms write to: pino's shape, so that a test may bring its own. */
export type Log = Record<Level, (fields: object, message: string) => void>;

type Level = "debug" | "info" | "warn" | "error";

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
const depths = ["", "*.", "*.*.", "*.*.*."];
const redact = {
  paths: depths.flatMap((depth) => secretNames.map((name) => depth + name)),
  censor: "[redacted]",
};

/**
 * JSON lines on stdout, written at once: a crash loses none.
 * @param level the least that is written
 */
export function createLog(
  level: Level,
  destination: DestinationStream = pino.destination({ fd: 1, sync: true }),
): Log {
  const error = pino.stdSerializers.errWithCause;
  return pino(
    {
      level,
      base: null,
      redact,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { error },
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
}
