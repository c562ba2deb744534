import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Journal } from "../../core/ports.ts";
import type { Log } from "../logging.ts";

/** Milliseconds; the board's watchdog service waits 90 s for the next one. */
const period = 5000;
const mostNotes = 32;

/**
 * Shows the board's watchdog service (`scripts/firmware/board-image/files/watchdog-service`) that this process works, by a
 * file that changes each few seconds. It is written from the event loop, after `proof`: one that is stuck, or an engine
 * that does not answer, shows nothing, and the box is reset.
 * @param folder the board's folder for its agent, `--board-dir`; in memory
 * @param proof throws when what the box is for does not work
 * @returns ends it
 */
export function showLife(folder: string, proof: () => void, log: Log): () => void {
  let beats = 0;
  let failed = false;
  const beat = (): void => {
    try {
      proof();
      beats += 1;
      writeFileSync(join(folder, "life-sign"), `${beats} ${process.pid}\n`);
      failed = false;
    } catch (error) {
      if (!failed) log.error({ reason: String(error) }, "no sign of life for the watchdog");
      failed = true;
    }
  };
  beat();
  const timer = setInterval(beat, period);
  return () => clearInterval(timer);
}

/**
 * Takes what the board's services noted while no agent ran (a repaired data partition, a reset by the watchdog: one
 * sentence a line) into the journal, which goes to the ACS. The file goes when all of it is durable there.
 */
export function takeBoardNotes(folder: string, journal: Journal): void {
  const file = join(folder, "notes");
  if (!existsSync(file)) return;
  const notes = readFileSync(file, "utf8").split("\n", mostNotes);
  for (const detail of notes.filter((line) => line.trim() !== ""))
    journal.append("system", { what: "fault", detail: `board: ${detail}`.slice(0, 1024) });
  rmSync(file);
}
