import { FirmwareError } from "../../core/firmware/index.ts";
import { firmwareRejection, type RejectionCode } from "../../core/update/index.ts";
import { TransportError, type RangeReply } from "./transport.ts";

/** The update ends here, and the ACS is told why. */
export class Rejection extends Error {
  override readonly name = "Rejection";
  readonly code: RejectionCode;
  readonly version: string | null;
  constructor(code: RejectionCode, reason: string, version: string | null = null) {
    super(reason);
    this.code = code;
    this.version = version;
  }
}

/** It failed in a passing way as often as the plan allows: another time window may still see it done. */
export class RetriesUsedUp extends Rejection {}

/** It may work in a while: a server that is busy, a network that comes and goes. `code` is for when it never does. */
export class TemporaryFailure extends Error {
  override readonly name = "TemporaryFailure";
  readonly code: RejectionCode;
  /** How long the server asked to be left alone, in milliseconds. */
  readonly retryAfterMs: number;
  constructor(code: RejectionCode, reason: string, options?: ErrorOptions & { retryAfterMs?: number }) {
    super(reason, options);
    this.code = code;
    this.retryAfterMs = options?.retryAfterMs ?? 0;
  }
}

/**
 * Lets through a reply that brings bytes.
 * @throws Rejection, TemporaryFailure for every other
 */
export function requireBytes(reply: RangeReply): void {
  if (reply.status === 200 || reply.status === 206) return;
  reply.close();
  throw statusError(reply);
}

function statusError({ status, retryAfterMs }: RangeReply): Error {
  const words = `the file server answered ${status}`;
  if (status === 401)
    return new Rejection("SERVER_AUTHENTICATION", `${words}: it does not accept the credentials`);
  if (status >= 500 || status === 408 || status === 425 || status === 429)
    return new TemporaryFailure("FILE_UNAVAILABLE", words, { retryAfterMs: retryAfterMs ?? 0 });
  return new Rejection("FILE_UNAVAILABLE", words);
}

/** Any failure of fetching or reading an image as a {@link Rejection} or {@link TemporaryFailure}; others stay themselves. */
export function classify(error: unknown): unknown {
  if (error instanceof FirmwareError) return new Rejection(firmwareRejection(error.code), error.message);
  if (isDiskFull(error)) return new Rejection("NO_SPACE", "the box has no room left to store the image");
  if (!(error instanceof TransportError)) return error;
  if (error.code === "UNSUPPORTED") return new Rejection("URL_UNSUPPORTED", error.message);
  const code = error.code === "UNREACHABLE" ? "SERVER_UNREACHABLE" : "DOWNLOAD_INCOMPLETE";
  return new TemporaryFailure(code, error.message, { cause: error });
}

// SQLITE_FULL (sqlite.org/rescode.html): the store lies on the same disk.
const sqliteFull = 13;

function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ("code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT")) return true;
  return "errcode" in error && error.errcode === sqliteFull;
}

/** How often, in milliseconds; a server that asks for a pause gets it, up to `longestAskedMs`. */
export type RetryPlan = { attempts: number; firstMs: number; longestMs: number; longestAskedMs: number };

// A server that always breaks off must not look like one that gets on, nor one that drips.
const leastProgress = 64 * 1024;

/**
 * Repeats an operation over temporary failures with growing pauses. `operation` tells `progress` how many bytes it has,
 * which starts the count anew when they are clearly more than ever.
 * @param say is told what it waits for
 * @throws Rejection when it fails for good or too often; the signal's reason when stopped
 */
export async function persist<T>(
  operation: (progress: (bytes: number) => void) => Promise<T>,
  plan: RetryPlan,
  sleep: (ms: number) => Promise<void>,
  say: (words: string) => void = () => {},
): Promise<T> {
  let counted = 0;
  for (let failures = 0; ;) {
    try {
      return await operation((bytes) => {
        if (bytes < counted + leastProgress) return;
        counted = bytes;
        failures = 0;
      });
    } catch (error) {
      const failure = classify(error);
      if (!(failure instanceof TemporaryFailure)) throw failure;
      failures += 1;
      if (failures >= plan.attempts) throw new RetriesUsedUp(failure.code, failure.message);
      const usual = Math.min(plan.longestMs, plan.firstMs * 2 ** (failures - 1));
      const pause = Math.max(usual, Math.min(plan.longestAskedMs, failure.retryAfterMs));
      say(`${failure.message}; it is asked again in ${Math.ceil(pause / 1000)} s`);
      await sleep(pause);
    }
  }
}
