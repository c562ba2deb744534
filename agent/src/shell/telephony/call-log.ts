import { amend, close, emptyBook, note, recordsOfInterrupted } from "../../core/calls/index.ts";
import type { CallBook, OpenCall } from "../../core/calls/index.ts";
import type { EngineCallEnded } from "../../core/engine-event.ts";
import type { CallHandle } from "../../core/ports.ts";
import { buildAttemptRecord } from "../../core/records/index.ts";
import type { CallRecord } from "../../core/records/index.ts";
import type { ToneName } from "@tonalite/device-profiles";
import type { Store } from "../store/store.ts";
import type { Log } from "../logging.ts";

const openCallsKey = "calls.open";
/** How often a call that is up is noted as such: what a power cut can take off its record. */
const heartbeatMs = 30_000;

/** Wall clock minus CLOCK_MONOTONIC, milliseconds: the engine stamps with the latter (as process.hrtime does). */
function wallOffsetMs(): number {
  return Date.now() - Number(process.hrtime.bigint() / 1000n) / 1000;
}

/** Keeps the book of calls durable and puts each call's one record into the journal. */
export type CallLog = {
  /** Outgoing or incoming: a call is up from now. */
  open(call: Omit<OpenCall, "startedAt" | "seenAt" | "answeredAt" | "rang" | "codec" | "decided">): void;
  amend(call: CallHandle, change: Partial<Omit<OpenCall, "call">>): void;
  /** A call ended; null when it is not known. @returns how the subscriber hears it. */
  close(ended: EngineCallEnded): { tone: ToneName; record: CallRecord } | null;
  attempt(attempt: Omit<Parameters<typeof buildAttemptRecord>[0], "now">): CallRecord;
  readonly calls: CallBook;
  stop(): void;
};

/** @param onRecord is told of each record once it is durable. */
export function openCallLog(store: Store, log: Log, onRecord: (record: CallRecord) => void): CallLog {
  const { journal, values } = store;
  let book: CallBook = emptyBook;
  let heartbeat: NodeJS.Timeout | undefined;

  const keep = (): void => {
    if (book.size === 0) values.delete(openCallsKey);
    else values.set(openCallsKey, [...book.values()]);
  };

  /** A full or broken disk costs records, never the telephone: what could not be kept stands in the log at least. */
  function durably(what: object, write: () => void): void {
    try {
      write();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log.error({ ...what, reason }, "the store did not take a call's record");
    }
  }

  function change(next: CallBook): void {
    book = next;
    if (book.size > 0) heartbeat ??= setInterval(beat, heartbeatMs);
    else {
      clearInterval(heartbeat);
      heartbeat = undefined;
    }
  }

  function changeDurably(next: CallBook): void {
    change(next);
    durably({ calls: next.size }, keep);
  }

  function beat(): void {
    const seenAt = Date.now();
    for (const call of book.keys()) book = amend(book, call, { seenAt });
    durably({ calls: book.size }, keep);
  }

  // What a crash or a power cut left open gets its record now, in the same transaction that forgets it: exactly once.
  const interrupted = (values.get(openCallsKey) ?? []) as OpenCall[];
  if (interrupted.length > 0) {
    log.warn({ calls: interrupted.length }, "calls were interrupted by a restart");
    const records = recordsOfInterrupted(interrupted);
    store.transaction(() => {
      for (const record of records) journal.append("call", record);
      values.delete(openCallsKey);
    });
    for (const record of records) onRecord(record);
  }

  return {
    open: (call) => {
      const now = Date.now();
      changeDurably(
        note(book, {
          ...call,
          startedAt: now,
          seenAt: now,
          answeredAt: null,
          rang: false,
          codec: "",
          decided: null,
        }),
      );
    },
    amend: (call, changes) => {
      if (book.has(call)) changeDurably(amend(book, call, { ...changes, seenAt: Date.now() }));
    },
    close: (ended) => {
      const closed = close(book, ended, wallOffsetMs());
      if (closed === null) return null;
      change(closed.book);
      durably({ record: closed.record }, () =>
        store.transaction(() => {
          journal.append("call", closed.record);
          keep();
        }),
      );
      onRecord(closed.record);
      return { tone: closed.tone, record: closed.record };
    },
    attempt: (attempt) => {
      const record = buildAttemptRecord({ ...attempt, now: Date.now() });
      durably({ record }, () => void journal.append("call", record));
      onRecord(record);
      return record;
    },
    get calls() {
      return book;
    },
    stop: () => clearInterval(heartbeat),
  };
}
