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

/** It may work in a while: a server that is busy, a network that comes and goes. `code` is for when it never does. */
export class TemporaryFailure extends Error {
  override readonly name = "TemporaryFailure";
  readonly code: RejectionCode;
  constructor(code: RejectionCode, reason: string, options?: ErrorOptions) {
    super(reason, options);
    this.code = code;
  }
}

/**
 * Lets through a reply that brings bytes.
 * @throws Rejection, TemporaryFailure for every other
 */
export function requireBytes(reply: RangeReply): void {
  if (reply.status === 200 || reply.status === 206) return;
  reply.close();
  throw statusError(reply.status);
}

function statusError(status: number): Error {
  const words = `the file server answered ${status}`;
  if (status === 401)
    return new Rejection("SERVER_AUTHENTICATION", `${words}: it does not accept the credentials`);
  if (status >= 500 || status === 408 || status === 425 || status === 429)
    return new TemporaryFailure("FILE_UNAVAILABLE", words);
  return new Rejection("FILE_UNAVAILABLE", words);
}

/** Any failure of fetching or reading an image as a {@link Rejection} or {@link TemporaryFailure}; others stay themselves. */
export function classify(error: unknown): unknown {
  if (error instanceof FirmwareError) return new Rejection(firmwareRejection(error.code), error.message);
  if (!(error instanceof TransportError)) return error;
  if (error.code === "UNSUPPORTED") return new Rejection("URL_UNSUPPORTED", error.message);
  const code = error.code === "UNREACHABLE" ? "SERVER_UNREACHABLE" : "DOWNLOAD_INCOMPLETE";
  return new TemporaryFailure(code, error.message, { cause: error });
}

export type RetryPlan = { attempts: number; firstMs: number; longestMs: number };

/**
 * Repeats an operation over temporary failures with growing pauses. `operation` calls `progress` when it got further,
 * which starts the count anew.
 * @throws Rejection when it fails for good or too often; the signal's reason when stopped
 */
export async function persist<T>(
  operation: (progress: () => void) => Promise<T>,
  plan: RetryPlan,
  sleep: (ms: number) => Promise<void>,
): Promise<T> {
  for (let failures = 0; ;) {
    try {
      return await operation(() => (failures = 0));
    } catch (error) {
      const failure = classify(error);
      if (!(failure instanceof TemporaryFailure)) throw failure;
      failures += 1;
      if (failures >= plan.attempts) throw new Rejection(failure.code, failure.message);
      await sleep(Math.min(plan.longestMs, plan.firstMs * 2 ** (failures - 1)));
    }
  }
}
