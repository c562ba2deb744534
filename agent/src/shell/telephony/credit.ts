import type { LineEvent } from "../../core/line/index.ts";
import type { CallHandle } from "../../core/ports.ts";
import { evaluateCredit } from "../../core/terms/index.ts";
import type { Terms } from "../../core/terms/index.ts";
import type { Log } from "../logging.ts";
import type { CallLog } from "./call-log.ts";

/**
 * Ends the calls that the terms cut at the end of a prepaid credit (IPPI 9.2), each after its warning tone; to the line they are
 * calls at their limit. The credit may be back before that: then they go on.
 * @param tell hands an event to a line, counted from 0
 */
export function watchCredit(
  calls: CallLog,
  tell: (line: number, event: LineEvent) => void,
  log: Log,
): { judge(terms: Terms): void; stop(): void } {
  const ending = new Map<CallHandle, NodeJS.Timeout>();

  function spare(call: CallHandle): void {
    clearTimeout(ending.get(call));
    ending.delete(call);
  }

  return {
    judge: (terms) => {
      for (const { call, line, direction, to } of calls.calls.values()) {
        const cut = direction === "outgoing" ? evaluateCredit(to, terms) : null;
        if (!cut) spare(call);
        if (!cut || ending.has(call)) continue;
        const { warningSeconds, term } = cut;
        log.info({ line: line + 1, call, clause: term.clause, warningSeconds }, "the credit is used up");
        tell(line, { on: "timer", timer: "limit-warning", call });
        const end = (): void => {
          ending.delete(call);
          calls.amend(call, { terms: [...(calls.calls.get(call)?.terms ?? []), term] });
          tell(line, { on: "timer", timer: "limit", call });
        };
        ending.set(call, setTimeout(end, warningSeconds * 1000));
      }
    },
    stop: () => {
      for (const call of ending.keys()) spare(call);
    },
  };
}
