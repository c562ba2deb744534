import type { LineState } from "../../core/line/index.ts";
import type { VoiceEngine } from "../../core/ports.ts";
import { callStatus } from "../../core/provisioning/index.ts";
import type { Log } from "../logging.ts";

/**
 * Where the line is to tell its meter or coin box of an answer, the wires stay reversed while an answered call is up, on hold
 * included. A board that cannot do it is no reason to trouble the call.
 * @param wanted what the country or the line's own setting says.
 */
export function signalAnswer(
  line: number,
  state: LineState,
  wanted: boolean,
  engine: VoiceEngine,
  log: Log,
): void {
  try {
    engine.polarity(line, wanted && isAnswered(state));
  } catch (error) {
    log.debug({ line: line + 1, reason: String(error) }, "the board does not reverse the line");
  }
}

function isAnswered(state: LineState): boolean {
  if (state.state === "leaving") return false; // the handset is down: whoever still talks does so without this line
  return callStatus(state) === "Connected" || ("aside" in state && state.aside?.kind === "held");
}
