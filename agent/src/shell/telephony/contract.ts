import type { LineState } from "../../core/line/index.ts";
import type { Terms } from "../../core/terms/index.ts";
import type { IdleState } from "../../core/update/index.ts";
import type { TestBench } from "./test-bench.ts";

/** Whether the box may be disturbed now. */
export type LineUse = IdleState;

export type LineReport = {
  readonly line: number;
  readonly state: LineState;
  readonly offHook: boolean;
  readonly registration: string;
  readonly directoryNumber: string;
  readonly lastDialDelayMs: number | null;
};

export type Telephony = {
  use(): LineUse;
  /** Lines that are registered now, from 1. */
  registeredLines(): number[];
  report(line: number): LineReport;
  /** Where tests of the voice service get a line from. */
  readonly bench: TestBench;
  /** Terms in force. */
  terms(): Terms;
  /** Reads the sounds of the terms again: what plays goes on, the next tone or ring is new. */
  renewSounds(): void;
  /** Ends every call because the box stops; resolves when their records are durable, after `patienceMs` at the latest. */
  endCalls(patienceMs: number): Promise<void>;
  /** What the subscriber shall hear at the next lift: an update waits for his line, asks him, or nothing. */
  remind(notice: "waits" | "asks" | null): void;
  /** Called when he agrees to what he was asked. */
  onAgree(listener: () => void): void;
  /** Called when a line may have become quiet, or a registration changed. */
  onChange(listener: () => void): void;
  stop(): void;
};
