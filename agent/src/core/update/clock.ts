/** No Tonalité box was made before: a clock that shows an earlier time has not been set since it lost its power. */
const earliest = Date.parse("2024-01-01T00:00:00Z");

/** TR-069 table 2: the time of what happened at a time that is not known. */
export const unknownTime = "0001-01-01T00:00:00Z";

/** Whether a clock that shows this time can be believed. */
export function isClockSet(now: Date): boolean {
  return now.getTime() >= earliest;
}

/** A time as it may be reported: one of a clock that was not set is unknown. */
export function reportedTime(at: string): string {
  return isClockSet(new Date(at)) ? at : unknownTime;
}
