/** Why an image, or a part of it, cannot be read. Closed: a new reason is a new code here. */
export type FirmwareErrorCode =
  | "NOT_AN_IMAGE"
  | "TRUNCATED"
  | "MANIFEST_TOO_LARGE"
  | "MANIFEST_INVALID"
  | "VERSION_INVALID"
  | "ARCHIVE_INVALID"
  | "ARCHIVE_HOSTILE";

/** A firmware image that is not what it must be; `code` is for machines, `message` for people. */
export class FirmwareError extends Error {
  readonly code: FirmwareErrorCode;
  constructor(code: FirmwareErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "FirmwareError";
    this.code = code;
  }
}
