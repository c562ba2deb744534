import type { BoardConsole } from "../console/console.ts";
import type { Station } from "../box/station.ts";
import { FlashError } from "../problem.ts";

const pollMs = 2_000;

/**
 * Starts the board from its disk, and waits for its first word to the ACS: with it the signed chain has started, the agent
 * lives, its line's self-test has run, and the network and the box's account are right.
 * @returns seconds from the start to that word; of a board that starts already, from now
 * @throws FlashError `BOX_SILENT`, `STATION_FAILED`
 */
export async function startAndWait(
  console: BoardConsole,
  station: Station,
  deviceId: string,
  patienceSeconds: number,
  /** bits per second of a board that starts */
  baudRate: number,
  /** its last word before it was flashed, and whether it starts already: its next may be there by now */
  { before, starting }: { before: Date | undefined; starting: boolean },
): Promise<number> {
  const started = performance.now();
  if (!starting) await console.restart(baudRate);
  for (;;) {
    const seconds = (performance.now() - started) / 1000;
    const last = await station.lastInform(deviceId);
    if (last && last.getTime() !== before?.getTime()) return Math.round(seconds);
    if (seconds > patienceSeconds) throw new FlashError("BOX_SILENT", { seconds: patienceSeconds });
    await new Promise((resolve) => {
      setTimeout(resolve, pollMs);
    });
  }
}
