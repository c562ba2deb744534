/** What the caller can mend: said in one line, without a stack. */
export class FirmwareToolError extends Error {
  override readonly name = "FirmwareToolError";
}
