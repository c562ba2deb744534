import * as z from "zod";

/** So many crashes within so long end in safe mode. Seconds. */
const crashLimit = 3;
const crashWindow = 5 * 60;
/** The first safe mode lasts so long, each further one twice as long, up to the longest. Seconds. */
const firstSpell = 15 * 60;
const longestSpell = 4 * 60 * 60;

const words = z.string().max(256);

/** What is kept of crashes: times are seconds since the box started, a clock that nobody sets. */
export const crashHistory = z.object({
  version: z.string().max(64),
  crashes: z.array(z.number().nonnegative()).max(crashLimit),
  /** Set while the box is to leave voice alone. */
  safe: z.object({ since: z.number().nonnegative(), reason: words }).nullable(),
  /** Safe modes in a row, over starts of the box. */
  spells: z.int().nonnegative(),
});
export type CrashHistory = z.infer<typeof crashHistory>;

/** A start of the agent. */
export type AgentStart = {
  readonly version: string;
  /** Seconds since the box started. */
  readonly uptime: number;
  /** The first one since the box started: the hardware is fresh, and a person or the ACS may have wanted a new try. */
  readonly ofBox: boolean;
  /** An image on trial is judged by its own rule: a crash there is a failed start. */
  readonly trial: boolean;
  /** How the run before this one crashed. */
  readonly crash: { readonly version: string; readonly words: string } | null;
};

/** What a safe mode tells. */
export type SafeMode = {
  readonly reason: string;
  readonly crashes: number;
  /** Seconds until voice gets its next chance, by a start of the box. */
  readonly remaining: number;
};

/**
 * Whether the agent starts with management only: after three crashes in five minutes of one version in one start of the
 * box. A new start of the box and another version begin with voice again.
 */
export function judgeStart(
  kept: CrashHistory | null,
  { version, uptime, ofBox, trial, crash }: AgentStart,
): { history: CrashHistory; safe: SafeMode | null } {
  const own = kept?.version === version ? kept : null;
  const spells = own?.spells ?? 0;
  if (ofBox || own === null || trial)
    return { history: { version, crashes: [], safe: null, spells }, safe: null };
  if (own.safe !== null) return { history: own, safe: told(own, own.safe, uptime) };
  if (crash?.version !== version) return { history: own, safe: null };
  const crashes = [...own.crashes.filter((at) => uptime - at < crashWindow), uptime].slice(-crashLimit);
  if (crashes.length < crashLimit) return { history: { ...own, crashes }, safe: null };
  const [firstLine = ""] = crash.words.split("\n", 1);
  const safe = { since: uptime, reason: firstLine.slice(0, 256) };
  const history = { version, crashes, safe, spells: spells + 1 };
  return { history, safe: told(history, safe, uptime) };
}

/** Voice worked for longer than the window: what was before is over. */
export function forgetSpells(history: CrashHistory): CrashHistory {
  return { ...history, spells: 0 };
}

/** How long voice must have worked for that. Seconds. */
export const provenAfter = crashWindow;

function told(
  { crashes, spells }: CrashHistory,
  { since, reason }: NonNullable<CrashHistory["safe"]>,
  uptime: number,
): SafeMode {
  const length = Math.min(longestSpell, firstSpell * 2 ** Math.max(0, spells - 1));
  return { reason, crashes: crashes.length, remaining: Math.max(0, since + length - uptime) };
}
