import type { Log } from "../log.ts";

/**
 * A log that a stranger cannot fill: at most `burst` warnings each `windowMs`; the rest are counted and told when the
 * next window opens.
 */
export function limitedWarnings(
  log: Log,
  options: { burst?: number; windowMs?: number; now?: () => number } = {},
): (detail: object, message: string) => void {
  const { burst = 20, windowMs = 10_000, now = Date.now } = options;
  let opened = -Infinity;
  let written = 0;
  let suppressed = 0;
  return (detail, message) => {
    if (now() - opened > windowMs) {
      if (suppressed > 0) log.warn({ suppressed }, "more warnings of this kind were left out");
      opened = now();
      written = 0;
      suppressed = 0;
    }
    if (written < burst) {
      written++;
      log.warn(detail, message);
    } else suppressed++;
  };
}
