import type { Journal, KeyValueStore } from "../core/ports.ts";

const runningKey = "running";
type Running = { version: string; since: string; lastError?: string };

/**
 * Notes in the journal that the box started, and that its last run did not end in order when it didn't.
 * @returns the last words of a run that failed; null also after a power cut, which is nobody's fault
 */
export function noteStart(journal: Journal, values: KeyValueStore, version: string): string | null {
  const last = values.get(runningKey) as Running | undefined;
  if (last) {
    const why = last.lastError === undefined ? "no last words: killed, or power cut" : last.lastError;
    journal.append("system", {
      what: "crash",
      detail: `version ${last.version}, since ${last.since}: ${why}`.slice(0, 1024),
    });
  }
  journal.append("system", { what: "boot", detail: `version ${version}` });
  values.set(runningKey, { version, since: new Date().toISOString() } satisfies Running);
  return last?.lastError ?? null;
}

/** The last words of a process that cannot go on. */
export function noteFailure(values: KeyValueStore, error: unknown): void {
  const running = values.get(runningKey) as Running | undefined;
  const lastError = error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (running) values.set(runningKey, { ...running, lastError: lastError.slice(0, 800) });
}

export function noteOrderlyEnd(values: KeyValueStore): void {
  values.delete(runningKey);
}
