import type { Journal } from "../../core/ports.ts";
import type { JournalEntry } from "../../core/records/index.ts";
import type { UspAgent } from "../../core/usp/index.ts";
import type { Log } from "../logging.ts";

/** Entries on their way at once: enough to hide the round trip, few enough to be kept in memory twice. */
const window = 8;
/** After a refusal by the controller the entry waits this long; it stays in the journal meanwhile. */
const pauseMs = 30_000;

/**
 * Delivers the journal over USP: an entry leaves it when the controller has answered its notification (the ACS answers
 * once it is durable there). Delivered twice it is still one, by its id.
 */
export function notifyJournal(
  journal: Journal,
  usp: Pick<UspAgent, "notifyEvent">,
  connected: () => boolean,
  delivered: () => void,
  log: Log,
): { wake(): void; stop(): void } {
  const underWay = new Set<string>();
  let pause: NodeJS.Timeout | undefined;
  let stopped = false;

  function wake(): void {
    if (stopped || pause !== undefined || !connected()) return;
    if (underWay.size >= window) return;
    for (const entry of journal.pending(window)) {
      if (underWay.has(entry.id) || underWay.size >= window) continue;
      void deliver(entry);
    }
  }

  async function deliver(entry: JournalEntry): Promise<void> {
    underWay.add(entry.id);
    const { id, sequence, kind, time, data } = entry;
    const params = { Id: id, Sequence: String(sequence), Kind: kind, Time: time, Data: JSON.stringify(data) };
    try {
      await usp.notifyEvent("Device.X_TONALITE_Journal.", "Entry!", params, true);
      if (stopped) return;
      journal.acknowledge(id);
      delivered();
    } catch (error) {
      if (stopped) return;
      const reason = error instanceof Error ? error.message : String(error);
      log.warn({ sequence, reason }, "a journal entry was not taken");
      pause ??= setTimeout(() => {
        pause = undefined;
        wake();
      }, pauseMs);
    } finally {
      underWay.delete(id);
    }
    wake();
  }

  journal.onAppend(wake);
  return {
    wake,
    stop: () => {
      stopped = true;
      clearTimeout(pause);
    },
  };
}
