import * as z from "zod";

/** What an image on trial says to the boot loader's watchdog over the process's channel. */
export const aliveMessage = z.object({ tonalite: z.literal("alive") });

/** Shows the virtual board life. Without a board (a test, a debugger) nobody listens. */
export function watchdogAlive(): void {
  if (process.connected) process.send?.({ tonalite: "alive" } satisfies z.infer<typeof aliveMessage>);
}

/** Calls back when the board that started this process is gone: an agent without a board must not hold the line's ports. */
export function whenBoardGone(gone: () => void): void {
  if (process.channel) process.once("disconnect", gone);
}
