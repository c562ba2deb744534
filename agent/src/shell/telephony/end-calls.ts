import type { VoiceEngine } from "../../core/ports.ts";
import type { Log } from "../logging.ts";
import type { CallLog } from "./call-log.ts";

/** Ends every call because the box stops; resolves when their records are durable, after `patienceMs` at the latest. */
export async function endCalls(
  calls: CallLog,
  engine: VoiceEngine,
  log: Log,
  patienceMs: number,
): Promise<void> {
  for (const call of calls.calls.keys()) {
    calls.amend(call, { decided: "error" });
    try {
      engine.hangUp(call, 0, "The box stops");
    } catch (error) {
      log.warn({ call, reason: String(error) }, "a call could not be ended in order");
    }
  }
  for (const end = performance.now() + patienceMs; calls.calls.size > 0 && performance.now() < end;) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
