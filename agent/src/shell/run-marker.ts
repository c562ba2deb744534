import type { Journal, KeyValueStore } from "../core/ports.ts";

const runningKey = "running";
type Running = { version: string; since: string; lastError?: string };

/** A run that did not end in order while the box went on. */
export type Crash = { readonly version: string; readonly words: string };

/**
 * Notes in the journal that the box started, and that its last run did not end in order when it didn't.
 * @param lastEnd how the board saw that run end; undefined when none ran since the box started
 * @returns how the last run crashed; null also after a power cut, which is nobody's fault
 */
export function noteStart(
  journal: Journal,
  values: KeyValueStore,
  version: string,
  lastEnd?: string,
): Crash | null {
  const last = values.get(runningKey) as Running | undefined;
  const words = last?.lastError ?? lastEnd;
  if (last) {
    const why = words ?? "no last words: killed, or power cut";
    journal.append("system", {
      what: "crash",
      detail: `version ${last.version}, since ${last.since}: ${why}`.slice(0, 1024),
    });
  }
  journal.append("system", { what: "boot", detail: `version ${version}` });
  values.set(runningKey, { version, since: new Date().toISOString() } satisfies Running);
  return last === undefined || words === undefined ? null : { version: last.version, words };
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
