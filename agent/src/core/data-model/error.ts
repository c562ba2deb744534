/** `INVALID_NAME`: no such object or parameter. `INVALID_VALUE`: the device published what its declaration forbids. */
export type DataModelErrorCode = "INVALID_NAME" | "INVALID_VALUE" | "INVALID_DECLARATION";

/** A wrong use of the data model. Messages name the path, never the value: it may be a secret. */
export class DataModelError extends Error {
  readonly code: DataModelErrorCode;
  readonly path: string;

  constructor(code: DataModelErrorCode, path: string, message: string) {
    super(`${path}: ${message}`);
    this.name = "DataModelError";
    this.code = code;
    this.path = path;
  }
}
