import type { ToneName } from "@tonalite/device-profiles";
import type { CallCause } from "../records/index.ts";

/** How the engine saw a call end. */
export type CallEnd = {
  readonly direction: "outgoing" | "incoming";
  readonly answered: boolean;
  /** The far end was heard ringing. */
  readonly rang: boolean;
  readonly by: "local" | "remote" | "error";
  /** Final SIP status, 0 = none. */
  readonly code: number;
  /** Reason header (RFC 3326), "" = none. */
  readonly reasonHeader: string;
};

/** What a final SIP answer to an unanswered outgoing call means (RFC 3261 §21) and how the caller hears it. */
const answers: ReadonlyMap<number, { cause: CallCause; tone: ToneName }> = new Map([
  [404, { cause: "wrong-number", tone: "number-unobtainable" }],
  [410, { cause: "wrong-number", tone: "number-unobtainable" }],
  [416, { cause: "wrong-number", tone: "number-unobtainable" }],
  [484, { cause: "wrong-number", tone: "number-unobtainable" }],
  [485, { cause: "wrong-number", tone: "number-unobtainable" }],
  [604, { cause: "wrong-number", tone: "number-unobtainable" }],
  [486, { cause: "busy", tone: "busy" }],
  [600, { cause: "busy", tone: "busy" }],
  [480, { cause: "no-answer", tone: "congestion" }],
  [487, { cause: "no-answer", tone: "busy" }],
  [603, { cause: "rejected", tone: "busy" }],
]);

/** Cause and tone of a call that ended without the box having decided it. Total: every code has an answer. */
export function judgeEnd(end: CallEnd): { cause: CallCause; tone: ToneName } {
  // Whoever stays off-hook after a call hears that the line is released.
  if (end.answered) return { cause: end.by === "error" ? "network" : "normal", tone: "busy" };
  if (end.direction === "incoming") return { cause: unansweredIncoming(end), tone: "busy" };
  if (end.by === "local") return { cause: "cancelled", tone: "busy" };
  const known = answers.get(end.code);
  if (known) return known;
  // RFC 3261 §8.1.3.1, §21.4.9: a time-out stands as 408; after ringing it is nobody answering, before it is nobody there.
  if (end.code === 408) return { cause: end.rang ? "no-answer" : "network", tone: "congestion" };
  if (end.code === 0 || end.code >= 500) return { cause: "network", tone: "congestion" };
  return { cause: "rejected", tone: "congestion" };
}

function unansweredIncoming(end: CallEnd): CallCause {
  // RFC 3326 §2: another telephone of the account answered.
  if (/cause\s*=\s*200\b/.test(end.reasonHeader)) return "cancelled";
  if (end.by === "error") return "network";
  return end.by === "remote" ? "no-answer" : "rejected";
}
