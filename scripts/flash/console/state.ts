import type { SenderOptions, SenderState } from "../modem/index.ts";
import type { FlashCode, FlashDetails } from "../problem.ts";

export type ConsoleOptions = {
  /** U-Boot's standard one, `=> `; a board that has another names it. */
  prompt: string;
  /** What opens a production board's prompt, as the board reads it (S-records). */
  ticket: Uint8Array | undefined;
  /** Speed that the line has at first, in bits per second. */
  baudRate: number;
  /** Others at which the board may speak, likeliest first; none where its speed is known. */
  speeds: readonly number[];
  /** How long a silent board is listened to at the first speed, then at each other, in ms. */
  homeMs: number;
  lookMs: number;
  /** How long a board may stay without a prompt, in ms. */
  seekMs: number;
  /** Longest wait for the echo of a command line, in ms. */
  echoMs: number;
  /** How often a command line is typed until its echo is right. */
  typings: number;
  /** How many starts without a prompt make a boot loop. */
  loops: number;
  sender: Partial<SenderOptions>;
};

export const consoleDefaults: ConsoleOptions = {
  prompt: "=> ",
  ticket: undefined,
  baudRate: 115_200,
  speeds: [],
  homeMs: 10_000,
  lookMs: 1_500,
  seekMs: 60_000,
  echoMs: 2_000,
  typings: 6,
  loops: 4,
  sender: {},
};

/**
 * What to have the board do: a command line, and what to send it when it asks, or the speed that the line has after it. `leaves`:
 * its words when it starts something else, and has no answer any more.
 */
export type Command = { line: string; ms: number; payload?: Uint8Array; baudRate?: number; leaves?: string };

/** At which speed a board is looked for, for how long, after how many changes; whether garbage came at any. */
export type Listening = { baudRate: number; ms: number; changes: number; garbled: boolean };

type Phase =
  | { phase: "idle" }
  /** knocks until a prompt comes */
  | { phase: "seeking"; waitedMs: number; heard: Uint8Array; banners: number; listening: Listening }
  /** a production board asks for its ticket; a key now would decline */
  | { phase: "presenting"; serial: string; sent: boolean }
  | { phase: "ready" }
  /** the line is typed, its echo not yet complete; Enter comes after */
  | { phase: "typing"; command: Command; sentinel: string; typings: number }
  /** cleaning the line after a wrong echo */
  | { phase: "clearing"; command: Command; sentinel: string; typings: number }
  | { phase: "running"; command: Command; sentinel: string }
  /** the board changes its speed, and wants Enter at the new one */
  | { phase: "switching"; command: Command; sentinel: string }
  | { phase: "sending"; command: Command; sentinel: string; sender: SenderState }
  | { phase: "failed" };

export type ConsoleState = Phase & {
  options: ConsoleOptions;
  /** the line that U-Boot begins with, when it was seen: `U-Boot 2023.01 …` */
  banner: string;
  /** printable text not yet understood, at most 24 KiB */
  text: string;
  commands: number;
};

export type ConsoleEvent =
  | { type: "received"; bytes: Uint8Array }
  /** what `write` asked for has left */
  | { type: "written" }
  | { type: "timeout" }
  | { type: "seek" }
  | { type: "command"; command: Command };

export type ConsoleEffect =
  | { do: "write"; bytes: Uint8Array }
  /** replaces the timer that runs */
  | { do: "timer"; ms: number }
  /** the line has another speed from now on */
  | { do: "speed"; baudRate: number }
  | { do: "progress"; sent: number; total: number }
  /** the prompt is there and answers */
  | { do: "ready"; banner: string }
  /** a command has ended with U-Boot's `$?` and what it printed */
  | { do: "answer"; code: number; text: string }
  | { do: "hint"; hint: Hint; details: FlashDetails }
  | { do: "fail"; code: FlashCode; details: FlashDetails };

/** What a technician is told while the board is looked for; `baud` in the details is a speed. */
export type Hint = "power-the-board" | "nothing-heard" | "garbage-heard" | "speed-found";

/** What a step leaves: the state after it, and what is to be done. */
export type Step = { state: ConsoleState; effects: ConsoleEffect[] };

export type Seeking = Extract<ConsoleState, { phase: "seeking" }>;
export type Presenting = Extract<ConsoleState, { phase: "presenting" }>;
export type Typing = Extract<ConsoleState, { phase: "typing" }>;
export type Running = Extract<ConsoleState, { phase: "running" }>;
export type Sending = Extract<ConsoleState, { phase: "sending" }>;

/** The work is over; `seek` begins anew. */
export function fail(state: ConsoleState, code: FlashCode, details: FlashDetails = {}): Step {
  return { state: { ...state, phase: "failed" }, effects: [{ do: "fail", code, details }] };
}
