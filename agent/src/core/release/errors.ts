/**
 * Why published release metadata cannot be believed. Closed.
 * `METADATA_MISSING` the repository lacks a file · `METADATA_TOO_LARGE`, `METADATA_INVALID` it cannot be read ·
 * `SIGNATURES_INSUFFICIENT` too few of the keys that may speak for the role signed it · `EXPIRED` a freeze attack, or
 * a publisher who forgot to sign anew · `ROLLBACK` older than what was believed before · `MIXED` files of different
 * states of the repository.
 */
export type ReleaseErrorCode =
  | "METADATA_MISSING"
  | "METADATA_TOO_LARGE"
  | "METADATA_INVALID"
  | "SIGNATURES_INSUFFICIENT"
  | "EXPIRED"
  | "ROLLBACK"
  | "MIXED";

/** Release metadata that must not be believed. */
export class ReleaseError extends Error {
  override readonly name = "ReleaseError";
  readonly code: ReleaseErrorCode;
  constructor(code: ReleaseErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
