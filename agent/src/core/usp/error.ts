/** Why a USP record, message or exchange could not be used. A closed list: whoever handles it can be exhaustive. */
export type UspErrorCode =
  // the codec
  | "TOO_LARGE"
  | "TOO_MANY_FIELDS"
  | "TRUNCATED"
  | "BAD_VARINT"
  | "BAD_TAG"
  | "WRONG_WIRE_TYPE"
  | "INVALID_UTF8"
  | "AMBIGUOUS"
  // the record
  | "UNSUPPORTED_RECORD"
  | "SECURITY_UNSUPPORTED"
  // the message
  | "NO_HEADER"
  | "NO_BODY"
  | "TYPE_MISMATCH"
  // the exchange
  | "QUEUE_FULL"
  | "EXPIRED"
  | "REFUSED"
  | "STOPPED"
  | "BAD_ENDPOINT";

export class UspError extends Error {
  readonly code: UspErrorCode;

  constructor(code: UspErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "UspError";
    this.code = code;
  }
}

/** TR-369 §6.10 (Error codes), those this product sends or interprets. */
export const faultCode = {
  messageFailed: 7000,
  messageNotSupported: 7001,
  requestDenied: 7002,
  internalError: 7003,
  invalidArguments: 7004,
  resourcesExceeded: 7005,
  permissionDenied: 7006,
  invalidPathSyntax: 7008,
  unsupportedParameter: 7010,
  invalidType: 7011,
  invalidValue: 7012,
  notWritable: 7013,
  objectDoesNotExist: 7016,
  requiredParameterFailed: 7021,
  commandFailure: 7022,
  invalidPath: 7026,
  invalidCommandArguments: 7027,
  recordNotParsed: 7100,
  secureSessionNotSupported: 7102,
  sessionContextNotAllowed: 7106,
} as const;

/** The brokered-record error (TR-369 §4.1, 7100…) that tells the sender why its record was not understood. */
export function recordFault(error: UspError): number {
  if (error.code === "SECURITY_UNSUPPORTED") return faultCode.secureSessionNotSupported;
  if (error.code === "UNSUPPORTED_RECORD") return faultCode.sessionContextNotAllowed;
  return faultCode.recordNotParsed;
}
