/** Why a board was not flashed. Closed: a new reason is a new code, a sentence in both languages and an exit code. */
export type FlashCode =
  | "USAGE"
  | "PORT_MISSING"
  | "PORT_BUSY"
  | "PORT_DENIED"
  | "PORT_FAILED"
  | "LINE_LOST"
  | "NO_ANSWER"
  | "WRONG_BAUD"
  | "BOOT_LOOP"
  | "SYSTEM_RUNNING"
  | "COMMAND_FAILED"
  | "COMMAND_TIMEOUT"
  | "LINE_NOISY"
  | "BOARD_RESTARTED"
  | "TRANSFER_FAILED"
  | "TICKET_NEEDED"
  | "TICKET_REFUSED"
  | "IDENTITY_MISSING"
  | "STATION_FAILED"
  | "BOX_SILENT"
  | "SPEED_UNKNOWN"
  | "NETWORK_DENIED"
  | "NETWORK_BUSY"
  | "NETWORK_FAILED"
  | "RECOVERY_REFUSED"
  | "RECOVERY_SILENT"
  | "BOARD_UNKNOWN"
  | "BOARD_INCAPABLE"
  | "DISK_TOO_SMALL"
  | "VERIFY_FAILED"
  | "BACKUP_FAILED"
  | "BACKUP_NO_ROOM"
  | "BACKUP_TOO_LONG"
  | "BACKUP_FOREIGN_FILE"
  | "BACKUP_FOREIGN"
  | "IMAGE_MISSING"
  | "IMAGE_EMPTY"
  | "IMAGE_TRUNCATED"
  | "IMAGE_DAMAGED"
  | "IMAGE_FOREIGN"
  | "IMAGE_UNTRUSTED"
  | "IMAGE_UNSIGNED"
  | "IMAGE_TOO_OLD"
  | "IMAGE_NAMELESS"
  | "IMAGE_NOT_A_DISK";

/** What a sentence about a problem may quote. */
export type FlashDetails = Readonly<Record<string, string | number>>;

/** A failure with its cause as a code; the sentence for people is made by `messages.ts`. */
export class FlashError extends Error {
  override readonly name = "FlashError";
  readonly code: FlashCode;
  readonly details: FlashDetails;
  constructor(code: FlashCode, details: FlashDetails = {}, options?: ErrorOptions) {
    const quoted = Object.entries(details).map(([name, value]) => `${name}=${value}`);
    super([code, ...quoted].join(" "), options);
    this.code = code;
    this.details = details;
  }
}
