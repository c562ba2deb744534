/**
 * Why an exchange with the ACS failed. `CREDENTIALS_REFUSED`: a 401 after an answered challenge, or a challenge that
 * must not be answered; `HTTP_STATUS`: any other status than 200 and 204.
 */
export type CwmpTransportErrorCode =
  | "BAD_URL"
  | "UNREACHABLE"
  | "TIMED_OUT"
  | "TOO_LARGE"
  | "CREDENTIALS_REFUSED"
  | "TOO_MANY_REDIRECTS"
  | "BAD_REDIRECT"
  | "HTTP_STATUS"
  | "BAD_ENCODING"
  | "CLOSED";

/** A failed exchange. Messages name hosts and statuses, never credentials. */
export class CwmpTransportError extends Error {
  readonly code: CwmpTransportErrorCode;
  /** Whether the answer is one of a server that does not understand what it was sent. */
  readonly misread: boolean;

  constructor(
    code: CwmpTransportErrorCode,
    message: string,
    options: ErrorOptions & { status?: number } = {},
  ) {
    super(message, options);
    this.name = "CwmpTransportError";
    this.code = code;
    this.misread = [400, 415, 422, 500, 501, 505].includes(options.status ?? 0);
  }
}
