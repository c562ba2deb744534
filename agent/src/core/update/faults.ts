import * as z from "zod";
import type { FirmwareErrorCode, ImageRefusalCode } from "../firmware/index.ts";
import type { UpdateOutcome } from "./state.ts";

/** Why an update was refused or could not be carried out. Closed. */
export const rejectionCode = z.enum([
  "URL_UNSUPPORTED",
  "SERVER_UNREACHABLE",
  "SERVER_AUTHENTICATION",
  "FILE_UNAVAILABLE",
  "DOWNLOAD_INCOMPLETE",
  "IMAGE_CORRUPTED",
  "IMAGE_UNSUITABLE",
  "IMAGE_UNTRUSTED",
  "NO_SPACE",
  "INSTALL_FAILED",
  "WINDOW_MISSED",
]);
export type RejectionCode = z.infer<typeof rejectionCode>;

/** TR-069 Amendment 6, table A.8: the faults that a TransferComplete may carry. */
const cwmpFault: Record<RejectionCode, number> = {
  URL_UNSUPPORTED: 9013,
  SERVER_UNREACHABLE: 9015,
  SERVER_AUTHENTICATION: 9012,
  FILE_UNAVAILABLE: 9016,
  DOWNLOAD_INCOMPLETE: 9017,
  IMAGE_CORRUPTED: 9018,
  IMAGE_UNSUITABLE: 9018,
  IMAGE_UNTRUSTED: 9019,
  NO_SPACE: 9010,
  INSTALL_FAILED: 9010,
  WINDOW_MISSED: 9020,
};

/** The FaultStruct of an update's end (TR-069 A.3.3.2): code 0 and no text when it is committed, or installed as asked. */
export function outcomeFault(outcome: UpdateOutcome): { code: number; string: string } {
  if (outcome.state === "committed" || outcome.state === "available") return { code: 0, string: "" };
  // TR-069 A.4.1.9: no TransferComplete tells it; another door says that it did not come about.
  if (outcome.state === "cancelled") return { code: 9001, string: "the update was cancelled" };
  // A rolled-back image was whole and trusted but did not work: "corrupted or unusable".
  const code = outcome.state === "rolled-back" ? 9018 : cwmpFault[outcome.code];
  const words = outcome.state === "rolled-back" ? `rolled back: ${outcome.reason}` : outcome.reason;
  return { code, string: words.slice(0, 256) };
}

/** The rejection that a judgement of a header means. */
export function refusalRejection(code: ImageRefusalCode): RejectionCode {
  return code === "SIGNER_UNKNOWN" || code === "SIGNATURE_INVALID" ? "IMAGE_UNTRUSTED" : "IMAGE_UNSUITABLE";
}

/** The rejection that an unreadable image means; a hostile archive is nothing that an honest signer would publish. */
export function firmwareRejection(code: FirmwareErrorCode): RejectionCode {
  return code === "ARCHIVE_HOSTILE" ? "IMAGE_UNTRUSTED" : "IMAGE_CORRUPTED";
}
