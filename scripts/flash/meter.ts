/** How fast something goes and how long it will take. */
export type Pace = { bytesPerSecond: number; secondsLeft: number };

/** Pace of a stage from its start: steady, and right on average. `ms` is the time since then. */
export function paceOf(done: number, total: number, ms: number): Pace {
  const bytesPerSecond = ms > 0 ? (done * 1000) / ms : 0;
  return {
    bytesPerSecond: Math.round(bytesPerSecond),
    secondsLeft: bytesPerSecond > 0 ? Math.ceil((total - done) / bytesPerSecond) : 0,
  };
}

/** 75 → `1:15`, 4000 → `1:06:40`. */
export function clockTime(seconds: number): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}
