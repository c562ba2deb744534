import type { BoardInfo } from "./message.ts";
import type { RecoveryLink } from "./link.ts";
import { FlashError } from "../problem.ts";
import { arrivedBytes, createSender, stepSender, type SenderEvent, type SenderState } from "./sender.ts";

/** Parts given to the port at once: a busy line, and a repeated part is not long behind. */
const queue = 4;
const silences = 5;
/** Of so many parts, so many sent again: the line does not hold this speed. */
const watched = 256;
const tolerated = 48;

/** What the board says of a stream that it does not take (records.h). */
const problems: Readonly<Record<number, string>> = {
  1: "stream malformed",
  2: "beyond the disk",
  3: "content differs",
  4: "disk failed",
};

/**
 * Brings a stream to the board, slower where the line does not hold its speed.
 * @param fastest highest speed to try
 * @param progress told what has arrived, in bytes of the stream
 * @returns parts that were sent again
 * @throws FlashError `RECOVERY_SILENT`, `COMMAND_FAILED`, `BOARD_RESTARTED`, `LINE_LOST`
 */
export async function sendStream(
  link: RecoveryLink,
  data: Uint8Array,
  first: BoardInfo,
  progress: (arrived: number) => void,
): Promise<number> {
  let info = first;
  let repeats = 0;
  for (;;) {
    const { baudRate } = link;
    const patienceMs = 700 + ((queue + 2) * (info.partBytes + 30) * 10_000) / baudRate;
    const { parts, partBytes } = info;
    const options = { parts, partBytes, queue, patienceMs, silences };
    const ended = await run(link, createSender(data, options, info.next), progress);
    repeats += ended.repeats;
    if (ended.end === "arrived") return repeats;
    if (typeof ended.end === "number")
      throw new FlashError("COMMAND_FAILED", {
        command: "recovery",
        answer: problems[ended.end] ?? String(ended.end),
      });
    info = await link.fallBack();
    // At the first speed there is nothing to go back to.
    if (link.baudRate < baudRate) await link.raise(baudRate - 1);
  }
}

// Ends as the sender does, or with no end when too much was sent again.
function run(
  link: RecoveryLink,
  start: SenderState,
  progress: (arrived: number) => void,
): Promise<SenderState> {
  return new Promise((resolve, reject) => {
    let state = start;
    let timer: NodeJS.Timeout | undefined;
    const mark = { sent: 0, repeats: 0 };
    const settle = (act: () => void) => {
      clearTimeout(timer);
      link.listen(undefined);
      act();
    };
    const step = (event: SenderEvent): void => {
      const { state: next, effects } = stepSender(state, event);
      const moved = next.next !== state.next;
      state = next;
      for (const effect of effects)
        if (effect.do === "send") {
          const { number, bytes } = effect;
          link.say({ kind: "data", number, bytes }).then(() => step({ type: "left" }), failed);
        } else {
          clearTimeout(timer);
          timer = setTimeout(() => step({ type: "timeout" }), effect.ms);
        }
      if (moved) progress(arrivedBytes(state));
      if (state.end !== undefined || noisy()) settle(() => resolve(state));
    };
    const failed = (error: unknown) => settle(() => reject(error));
    const noisy = (): boolean => {
      if (state.sent - mark.sent < watched) return false;
      const bad = state.repeats - mark.repeats > tolerated;
      mark.sent = state.sent;
      mark.repeats = state.repeats;
      return bad;
    };
    link.listen({
      failed,
      heard: (answer) => {
        if (answer.kind === "data") step({ ...answer, type: "receipt" });
      },
    });
    step({ type: "begin" });
  });
}
