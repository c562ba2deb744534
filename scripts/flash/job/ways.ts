import type { BoardConsole } from "../console/console.ts";
import { FlashError } from "../problem.ts";
import type { Board } from "./board.ts";
import { openNetwork, serialCarrier, serialPace, type Carrier, type Way } from "./carrier.ts";
import type { Estimate, FlashProgress, Ways } from "./flash.ts";
import type { Recovery } from "./recovery.ts";

// Less than this over the console as it is, and no other way is looked for.
const shortSeconds = 20;

/** What has not failed yet; `fastBaud` 0: the speed of the console stays. */
export type OpenWays = { fastBaud: number; network: boolean; recovery: boolean };

/** How the bulk goes. */
export type Chosen = Carrier | { way: "recovery"; recovery: Recovery };

/**
 * Finds the fastest way for so many packed bytes: the network where it is there, then the console at the highest speed that
 * U-Boot holds, or the recovery image sent over that.
 * @param open ways that fail are closed in it
 * @throws FlashError also `NETWORK_*`, `IMAGE_FOREIGN` and `RECOVERY_REFUSED` where only one way may be gone
 */
export async function chooseWay(
  console: BoardConsole,
  board: Board,
  ways: Ways | undefined,
  open: OpenWays,
  bytes: number,
  tell: (progress: FlashProgress) => void,
): Promise<Chosen> {
  const estimate = (way: Way, bytesPerSecond: number): Estimate => ({
    way,
    bytesPerSecond,
    seconds: Math.ceil(bytes / bytesPerSecond),
  });
  const slow = estimate("serial", serialPace(console.baudRate));
  const forced = ways?.way;
  const choose = <T extends Chosen>(way: T, ...estimates: Estimate[]): T => {
    if (bytes > 0) tell({ type: "ways", bytes, chosen: way.way, estimates });
    return way;
  };
  const network = ways?.server && open.network && forced !== "recovery";
  const recovery = open.recovery && forced !== "network" ? recoveryFor(board, ways) : undefined;
  const only = forced === "network" || forced === "recovery";
  if (bytes === 0 || (slow.seconds <= shortSeconds && !only)) return choose(serialCarrier(console), slow);
  if (network)
    try {
      const server = await ways.server?.();
      if (!server) throw new FlashError("NETWORK_FAILED", { reason: "?" });
      const carrier = await openNetwork(console, server, board.staging, ways.boardAddress);
      return choose(carrier, estimate("network", carrier.bytesPerSecond), slow);
    } catch (error) {
      if (only || !(error instanceof FlashError) || !error.code.startsWith("NETWORK_")) throw error;
      open.network = false;
      tell({ type: "way-failed", way: "network", code: error.code, details: error.details });
    }
  await raiseSpeed(console, open, tell);
  const serial = estimate("serial", serialPace(console.baudRate));
  const others = serial.seconds < slow.seconds ? [slow] : [];
  if (!recovery) return choose(serialCarrier(console), serial, ...others);
  const seconds = recovery.estimate(bytes, console.baudRate);
  const over: Estimate = { way: "recovery", bytesPerSecond: Math.round(bytes / seconds), seconds };
  if (forced === "recovery" || seconds < serial.seconds)
    return choose({ way: "recovery", recovery }, over, serial, ...others);
  return choose(serialCarrier(console), serial, over, ...others);
}

/** @throws FlashError when it alone is wanted and is not for this board, or is not there */
function recoveryFor(board: Board, ways: Ways | undefined): Recovery | undefined {
  const { profile } = board.kind;
  const recovery = ways?.way === "serial" ? undefined : ways?.recovery;
  if (recovery?.profile === profile) return recovery;
  if (ways?.way !== "recovery") return undefined;
  throw new FlashError("IMAGE_FOREIGN", { image: recovery?.profile ?? "?", board: profile });
}

async function raiseSpeed(
  console: BoardConsole,
  open: OpenWays,
  tell: (progress: FlashProgress) => void,
): Promise<void> {
  const { fastBaud } = open;
  if (fastBaud <= console.baudRate || (await console.changeSpeed(fastBaud))) return;
  tell({ type: "way-failed", way: "fast-serial", code: "SPEED_UNKNOWN", details: { baud: fastBaud } });
  open.fastBaud = 0;
}
