import type { RegionProfile } from "@tonalite/device-profiles";
import type { LineState } from "../../core/line/index.ts";
import type { VoiceEngine } from "../../core/ports.ts";
import { callStatus } from "../../core/provisioning/index.ts";
import type { Log } from "../logging.ts";

/**
 * Where the country's meters and coin boxes look for it, the wires tell that the far end has answered.
 * A board that cannot do it is no reason to trouble the call.
 */
export function signalAnswer(
  line: number,
  state: LineState,
  region: RegionProfile,
  engine: VoiceEngine,
  log: Log,
): void {
  if (!region.line.polarityReversal) return;
  try {
    engine.polarity(line, callStatus(state) === "Connected");
  } catch (error) {
    log.debug({ line: line + 1, reason: String(error) }, "the board does not reverse the line");
  }
}
