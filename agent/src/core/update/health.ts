/** One line that must come back, as the image on trial sees it. */
export type LineHealth =
  | { line: number; status: "registered" }
  /** Switched off since by its owner: nothing to wait for. */
  | { line: number; status: "disabled" }
  | { line: number; status: "down"; words: string };

/** What a look at the image on trial found. Times in seconds. */
export type HealthLook = {
  lines: readonly LineHealth[];
  /** Whether a server that the box needs answers at all, asked on a way that does not depend on the line's own code. */
  network: "reachable" | "unreachable";
  /** How long the image has run with its network reachable, and in all. */
  reachableFor: number;
  runningFor: number;
};

export type HealthLimits = {
  /** Shortest life of a trial before it may be committed. */
  settle: number;
  /** How long lines may take to come back while the network is reachable. */
  recover: number;
  /** How long a trial may be extended for want of a network; then the image that was known to work gets its chance. */
  extend: number;
};

export const healthLimits: HealthLimits = { settle: 5, recover: 90, extend: 24 * 3600 };

export type HealthVerdict =
  | { verdict: "healthy" }
  | { verdict: "wait"; reason: string; extended: boolean }
  | { verdict: "unhealthy"; reason: string };

/**
 * Judges an image on trial: local faults roll it back, a network that is away does not (it would be away for the old
 * image too).
 */
export function judgeHealth(look: HealthLook, limits: HealthLimits = healthLimits): HealthVerdict {
  const down = look.lines.filter((line) => line.status === "down");
  if (down.length === 0) {
    if (look.runningFor >= limits.settle) return { verdict: "healthy" };
    return { verdict: "wait", reason: "the new image settles", extended: false };
  }
  const words = down.map(({ line, words }) => `line ${line} is not registered again (${words})`).join("; ");
  if (look.network === "unreachable") {
    if (look.runningFor < limits.extend)
      return { verdict: "wait", reason: `the network is unreachable; ${words}`, extended: true };
    return { verdict: "unhealthy", reason: `no network in ${limits.extend} s with the new image; ${words}` };
  }
  if (look.reachableFor < limits.recover) return { verdict: "wait", reason: words, extended: false };
  return { verdict: "unhealthy", reason: words };
}
