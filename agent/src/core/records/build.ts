import type { OpenCall } from "../calls/call-book.ts";
import type { EngineCallEnded } from "../engine-event.ts";
import type { CallCause, CallMedia, CallRecord } from "./call-record.ts";
import type { AppliedTerm } from "./call-record.ts";

const iso = (milliseconds: number): string => new Date(milliseconds).toISOString();

/** The record of a call the engine carried. `wallOffsetMs`: wall clock minus CLOCK_MONOTONIC. */
export function buildCallRecord(
  open: OpenCall,
  ended: EngineCallEnded,
  cause: CallCause,
  wallOffsetMs: number,
): CallRecord {
  const wall = (us: number): string => iso(Math.round(wallOffsetMs + us / 1000));
  const answered = ended.answerUs > 0;
  return {
    ...parties(open),
    sipCallId: ended.sipCallId || open.sipCallId,
    start: wall(ended.startUs),
    answer: answered ? wall(ended.answerUs) : null,
    end: wall(ended.endUs),
    durationSeconds: answered ? Math.floor(Math.max(0, ended.endUs - ended.answerUs) / 1000) / 1000 : 0,
    cause,
    endedBy: open.decided === null ? endedBy(ended) : "device",
    sipCode: ended.code || null,
    sipReason: ended.reason || null,
    codec: ended.codec || open.codec || null,
    media: answered ? media(ended) : null,
    ...faxOf(open),
    terms: [...open.terms],
  };
}

/**
 * The record of a call whose end nobody saw (the box crashed or lost power). It counts until the box last knew it to be
 * up: the subscriber is not charged for the outage.
 */
export function buildUnendedRecord(open: OpenCall): CallRecord {
  const began = open.answeredAt ?? open.startedAt;
  // The clock may have been set back meanwhile; a call never ends before it began.
  const end = Math.max(open.seenAt, began);
  return {
    ...parties(open),
    sipCallId: open.sipCallId,
    start: iso(open.startedAt),
    answer: open.answeredAt === null ? null : iso(open.answeredAt),
    end: iso(end),
    durationSeconds: open.answeredAt === null ? 0 : (end - began) / 1000,
    cause: "error",
    endedBy: "device",
    sipCode: null,
    sipReason: "Interrupted by a restart of the box",
    codec: open.codec || null,
    media: null,
    ...faxOf(open),
    terms: [...open.terms],
  };
}

/** The record of an attempt that never left the box. */
export function buildAttemptRecord(attempt: {
  line: number;
  from: string;
  to: string;
  cause: CallCause;
  terms: readonly AppliedTerm[];
  now: number;
}): CallRecord {
  const time = iso(attempt.now);
  return {
    line: attempt.line + 1,
    direction: "outgoing",
    from: attempt.from,
    to: attempt.to,
    sipCallId: "",
    start: time,
    answer: null,
    end: time,
    durationSeconds: 0,
    cause: attempt.cause,
    endedBy: "device",
    sipCode: null,
    sipReason: null,
    codec: null,
    media: null,
    terms: [...attempt.terms],
  };
}

function parties(open: OpenCall): Pick<CallRecord, "line" | "direction" | "from" | "to" | "name"> {
  const { line, direction, from, to, name } = open;
  return { line: line + 1, direction, from, to, ...(name === "" ? {} : { name }) };
}

function faxOf({ fax }: OpenCall): Pick<CallRecord, "fax"> {
  return fax ? { fax } : {};
}

function endedBy(ended: EngineCallEnded): CallRecord["endedBy"] {
  return ended.by === "error" ? "device" : ended.by;
}

function media(ended: EngineCallEnded): CallMedia {
  return {
    txPackets: ended.txPackets,
    rxPackets: ended.rxPackets,
    lost: ended.rxLost,
    jitterMs: ended.rxJitterUs / 1000,
    remoteLost: ended.txLost,
    remoteJitterMs: ended.txJitterUs / 1000,
    roundTripMs: ended.rttUs / 1000,
    late: ended.late,
    underruns: ended.underruns,
    ...(ended.mos > 0 && { delayMs: ended.delayMs, rFactor: ended.rFactor, mos: ended.mos / 100 }),
    ...(ended.bursts > 0 && {
      bursts: ended.bursts,
      burstDensity: Math.round((100 * ended.burstLost) / Math.max(1, ended.burstPackets)),
    }),
    ...(ended.farRFactor > 0 && { remoteRFactor: ended.farRFactor }),
    ...(ended.farMos > 0 && {
      remoteMos: ended.farMos / 100,
      remoteDiscarded: ended.farDiscarded,
      remoteDelayMs: ended.farDelayMs,
    }),
    ...(ended.security === "SRTP" && { security: ended.security }),
  };
}
