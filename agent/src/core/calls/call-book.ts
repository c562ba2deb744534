/** The calls that are up: what is known of each until the engine tells its end. Exactly one record comes of each. */
import type { ToneName } from "@tonalite/device-profiles";
import type { EngineCallEnded } from "../engine-event.ts";
import type { CallHandle } from "../ports.ts";
import type { AppliedTerm, CallCause, CallFax, CallRecord } from "../records/index.ts";
import { buildCallRecord, buildUnendedRecord } from "../records/build.ts";
import { judgeEnd } from "./call-ending.ts";

export type OpenCall = {
  readonly call: CallHandle;
  /** From 0, as the engine counts. */
  readonly line: number;
  readonly direction: "outgoing" | "incoming";
  readonly from: string;
  readonly to: string;
  readonly name: string;
  readonly sipCallId: string;
  readonly rang: boolean;
  readonly codec: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly answeredAt: number | null;
  /** When the box last knew it to be up: where a crash leaves its record. */
  readonly seenAt: number;
  readonly terms: readonly AppliedTerm[];
  /** The last fax in it that came to its end. */
  readonly fax?: CallFax;
  /** The box's own decision to end it, when it took one. */
  readonly decided: CallCause | null;
};

export type CallBook = ReadonlyMap<CallHandle, OpenCall>;
export const emptyBook: CallBook = new Map();

/** Adds a call, or changes what is known of it. */
export function note(book: CallBook, call: OpenCall): CallBook {
  return new Map(book).set(call.call, call);
}

/** Changes an open call; a call that is not open stays unknown. */
export function amend(book: CallBook, call: CallHandle, change: Partial<Omit<OpenCall, "call">>): CallBook {
  const open = book.get(call);
  return open ? note(book, { ...open, ...change }) : book;
}

export type ClosedCall = { book: CallBook; record: CallRecord; tone: ToneName };

/**
 * Closes a call with the engine's figures.
 * @param wallOffsetMs wall clock minus CLOCK_MONOTONIC, milliseconds.
 * @returns null when the call is not open: its record was made already.
 */
export function close(book: CallBook, ended: EngineCallEnded, wallOffsetMs: number): ClosedCall | null {
  const open = book.get(ended.call);
  if (!open) return null;
  const rest = new Map(book);
  rest.delete(ended.call);
  const judged = judgeEnd({
    direction: open.direction,
    answered: ended.answerUs > 0,
    rang: open.rang,
    by: ended.by,
    code: ended.code,
    reasonHeader: ended.reasonHeader,
  });
  const record = buildCallRecord(open, ended, open.decided ?? judged.cause, wallOffsetMs);
  return { book: rest, record, tone: judged.tone };
}

/** The records of calls that a crash or a power cut ended: nobody saw their end. */
export function recordsOfInterrupted(calls: Iterable<OpenCall>): CallRecord[] {
  return Array.from(calls, buildUnendedRecord);
}
