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
  | "CLOSED";

/** A failed exchange. Messages name hosts and statuses, never credentials. */
export class CwmpTransportError extends Error {
  readonly code: CwmpTransportErrorCode;

  constructor(code: CwmpTransportErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "CwmpTransportError";
    this.code = code;
  }
}
