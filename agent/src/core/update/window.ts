import * as z from "zod";
import { isClockSet } from "./clock.ts";

/** TR-069 Amendment 6, A.4.1.8, WindowMode. */
export const windowMode = z.enum(["any-time", "at-once", "when-idle", "confirmation"]);
export type WindowMode = z.infer<typeof windowMode>;

/** One window of a ScheduleDownload. Times ISO, UTC. */
export const updateWindow = z.object({
  opens: z.iso.datetime(),
  closes: z.iso.datetime(),
  mode: windowMode,
  /** Repetitions after a failure of the network or the server; -1: the box's own plan. */
  retries: z.int().min(-1),
  /** What the ACS wants the subscriber told before "4 Confirmation Needed". */
  message: z.string().max(256).optional(),
});
export type UpdateWindow = z.infer<typeof updateWindow>;

/** Where a moment stands among windows that follow each other. */
export type WindowPlace =
  | { place: "none" }
  | { place: "inside"; window: UpdateWindow }
  | { place: "before"; window: UpdateWindow }
  | { place: "after" };

/** @param at now, ISO, UTC */
export function placeAmong(windows: readonly UpdateWindow[] | undefined, at: string): WindowPlace {
  if (windows === undefined || windows.length === 0) return { place: "none" };
  const now = Date.parse(at);
  // Reckoned by a clock that was not set: where the window lies is not known, that the order is past its delay is.
  const lost = isClockSet(new Date(at)) && windows.some(({ closes }) => !isClockSet(new Date(closes)));
  const [first] = windows;
  if (lost && first) return { place: "inside", window: first };
  const next = windows.find(({ closes }) => now < Date.parse(closes));
  if (next === undefined) return { place: "after" };
  return { place: now < Date.parse(next.opens) ? "before" : "inside", window: next };
}
