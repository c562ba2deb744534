import * as z from "zod";
import type { KeyValueStore } from "../../core/ports.ts";
import type { CallHistory } from "../../core/provisioning/index.ts";

const form = z.object({ lastDialled: z.string(), lastCaller: z.string() });
const nobody: CallHistory = { lastDialled: "", lastCaller: "" };

/** Whom a line called last and who called it, over restarts: what redialling and calling back rest on. */
export type CallMemory = {
  readonly now: CallHistory;
  dialled(number: string): void;
  /** A caller without a number leaves the memory as it is, as networks have it. */
  called(number: string): void;
};

/** @param line from 0. A store that does not take it costs the memory, never the call. */
export function openCallMemory(values: KeyValueStore, line: number): CallMemory {
  const key = `calls.history.${line}`;
  const stored = form.safeParse(values.get(key));
  let now: CallHistory = stored.success ? stored.data : nobody;
  function remember(next: CallHistory): void {
    now = next;
    try {
      values.set(key, next);
    } catch {
      // The record of the call says what is wrong with the disk.
    }
  }
  return {
    get now() {
      return now;
    },
    dialled: (lastDialled) => remember({ ...now, lastDialled }),
    called: (lastCaller) => {
      if (/^\+?[0-9]{2,}$/.test(lastCaller)) remember({ ...now, lastCaller });
    },
  };
}
