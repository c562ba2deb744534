/**
 * Why bytes were not accepted as a CWMP message. Closed: callers may switch on it.
 * `INVALID_ARGUMENTS`: a known method whose arguments are missing or not of their type (fault 9003 or 8003).
 */
export type CwmpErrorCode =
  | "MALFORMED_XML"
  | "DTD_REFUSED"
  | "TOO_LARGE"
  | "TOO_DEEP"
  | "TOO_MANY_ELEMENTS"
  | "NOT_SOAP"
  | "UNKNOWN_METHOD"
  | "INVALID_ARGUMENTS";

/** What could still be read of a refused message, so that the receiver can answer with a fault in its name. */
export type CwmpErrorDetail = { id?: string; method?: string; namespace?: string; cause?: unknown };

/** A message that cannot be decoded. `id` is the sender's cwmp:ID where it was legible: the fault must carry it. */
export class CwmpError extends Error {
  readonly code: CwmpErrorCode;
  readonly id: string | undefined;
  readonly method: string | undefined;
  readonly namespace: string | undefined;

  constructor(code: CwmpErrorCode, message: string, detail: CwmpErrorDetail = {}) {
    super(message, detail.cause === undefined ? {} : { cause: detail.cause });
    this.name = "CwmpError";
    this.code = code;
    this.id = detail.id;
    this.method = detail.method;
    this.namespace = detail.namespace;
  }
}
