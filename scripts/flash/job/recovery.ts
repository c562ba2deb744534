import type { BoardConsole } from "../console/console.ts";
import type { Board } from "./board.ts";
import type { FlashProgress } from "./flash.ts";
import type { Span } from "./plan.ts";

export type Tell = (progress: FlashProgress) => void;

/** What a recovery image did. */
export type RecoveryResult = {
  /** bytes over the wire, the image's own included */
  sentBytes: number;
  /** bits per second at which it ended */
  baudRate: number;
  /** parts sent again */
  repeats: number;
  /** hexadecimal CRC-32 of the disk's content as the board read it back, a part after the other */
  verified: string[];
};

/** The way over a recovery image, as the order of work sees it (`recovery/` holds the rest). */
export type Recovery = {
  /** hardware profile that the image is for */
  profile: string;
  /** Seconds for so many packed bytes, the image's own way at the console's speed included, if the line holds its highest. */
  estimate(bytes: number, baudRate: number): number;
  /**
   * Writes what differs and reads the whole image back; the board starts from its disk afterwards.
   * @throws FlashError `RECOVERY_REFUSED`, `RECOVERY_SILENT`, `VERIFY_FAILED` and those of the line
   */
  write(task: RecoveryTask): Promise<RecoveryResult>;
};

export type RecoveryTask = {
  console: BoardConsole;
  board: Board;
  /** what the disk shall be, and what of it differs */
  image: Buffer;
  changed: readonly Span[];
  /** bits per second of a board that starts */
  slow: number;
  tell: Tell;
};
