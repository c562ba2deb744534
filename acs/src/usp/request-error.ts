export type UspRequestCode =
  /** The box is not connected to the broker. */
  | "OFFLINE"
  /** The ACS itself is not connected to its broker. */
  | "NO_BROKER"
  | "TIMEOUT"
  /** Too many requests are waiting for an answer. */
  | "TOO_MANY"
  /** The box answered with an error: see `fault` and `parameters`. */
  | "DEVICE_ERROR"
  | "UNEXPECTED_RESPONSE"
  | "STOPPED";

export type ParameterFault = { readonly path: string; readonly code: number; readonly message: string };

/** Why a request to a box has no result. */
export class UspRequestError extends Error {
  override readonly name = "UspRequestError";
  readonly code: UspRequestCode;
  /** USP's own code (TR-369 §6.10), for DEVICE_ERROR. */
  readonly fault: number | undefined;
  readonly parameters: readonly ParameterFault[];

  constructor(
    code: UspRequestCode,
    message: string,
    fault?: number,
    parameters: readonly ParameterFault[] = [],
  ) {
    super(message);
    this.code = code;
    this.fault = fault;
    this.parameters = parameters;
  }
}
