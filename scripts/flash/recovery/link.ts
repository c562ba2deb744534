import { randomBytes } from "node:crypto";
import type { SerialLine } from "../line/line.ts";
import { FlashError } from "../problem.ts";
import { encodeFrame, FrameReader } from "./frame.ts";
import { decodeAnswer, encodeQuestion, type Answer, type BoardInfo, type Question } from "./message.ts";

/** Speeds that are tried, the highest first: those of usual adapters. */
const speeds = [3_000_000, 2_000_000, 1_500_000, 921_600, 460_800, 230_400];
const testFrames = 16;
const testBytes = 1024;
// A board that was told a speed and does not hear that it holds goes back after 4 s; one that hears nothing, after 6 s.
const regainTries = 12;
const ctrlC = 0x03;

type Patience = { ms: number; tries: number };
type Listener = { heard: (answer: Answer) => void; failed: (error: FlashError) => void };

/** What a station and a board with the recovery image say to each other, one thing at a time. */
export class RecoveryLink {
  readonly #line: SerialLine;
  readonly #slow: number;
  readonly #reader = new FrameReader();
  readonly #session = 1 + (randomBytes(2).readUInt16LE() % 0xfffe);
  #listener: Listener | undefined;
  #text = "";

  /** @param line at the speed that the board speaks at first */
  constructor(line: SerialLine) {
    this.#line = line;
    this.#slow = line.baudRate;
    line.listen(
      (bytes) => this.#take(bytes),
      () => this.#fail(new FlashError("LINE_LOST", { port: line.name })),
    );
  }

  /** Bits per second on the wire now. */
  get baudRate(): number {
    return this.#line.baudRate;
  }

  /**
   * Waits for a board that starts, and says nothing before it introduces itself: a port that gets bytes before its driver
   * is ready may stay deaf (QEMU 7.2's PL011 does).
   * @throws FlashError `RECOVERY_SILENT`, `BOARD_RESTARTED`, `LINE_LOST`
   */
  async meet(ms: number): Promise<BoardInfo> {
    const introduced = (answer: Answer) => answer.kind === "open" || undefined;
    if ((await this.#next(introduced, ms, () => Promise.resolve())) === undefined)
      throw new FlashError("RECOVERY_SILENT", { asked: "hello" });
    return await this.open();
  }

  /**
   * Begins, or goes on after a silence: the board keeps what it has of the stream.
   * @throws FlashError `RECOVERY_SILENT`, `BOARD_RESTARTED`, `LINE_LOST`
   */
  open(patience: Patience = { ms: 1_000, tries: regainTries }): Promise<BoardInfo> {
    return this.ask(
      { kind: "open" },
      (answer) => (answer.kind === "open" && answer.session === this.#session ? answer.info : undefined),
      patience,
    );
  }

  /**
   * Asks until it is answered.
   * @param match the answer that is meant; anything else is left alone
   * @throws FlashError `RECOVERY_SILENT`, `BOARD_RESTARTED`, `LINE_LOST`
   */
  async ask<T>(
    question: Question,
    match: (answer: Answer) => T | undefined,
    { ms, tries }: Patience,
  ): Promise<T> {
    for (let attempt = 0; attempt < tries; attempt += 1) {
      const found = await this.#next(match, ms, () => this.say(question));
      if (found !== undefined) return found;
    }
    throw new FlashError("RECOVERY_SILENT", { asked: question.kind });
  }

  /**
   * Takes both sides to the highest speed that holds a test, at most `fastest`; the first one where none does.
   * @throws FlashError
   */
  async raise(fastest: number): Promise<void> {
    for (const baudRate of speeds)
      if (baudRate <= fastest && baudRate > this.#slow) {
        if (await this.#holds(baudRate)) return;
        await this.fallBack();
      }
  }

  /**
   * Returns to the first speed, which the board takes by itself when it hears nothing.
   * @throws FlashError
   */
  async fallBack(): Promise<BoardInfo> {
    await this.#line.setBaudRate(this.#slow);
    // A boot loader says that it was interrupted; the recovery image does not mind.
    await this.#line.write(Uint8Array.of(ctrlC));
    return this.open();
  }

  /** Resolves when it has left. @throws FlashError `LINE_LOST` */
  say(question: Question): Promise<void> {
    return this.#line.write(encodeFrame(encodeQuestion(this.#session, question)));
  }

  /** Hears everything until it is replaced by another or `undefined`. */
  listen(listener: Listener | undefined): void {
    this.#listener = listener;
  }

  async #holds(baudRate: number): Promise<boolean> {
    const told = { kind: "speed", baudRate } as const;
    const sameSpeed = (answer: Answer) => (answer.kind === "speed" ? answer.baudRate : undefined);
    // After one that was lost on its way back the board is at the new speed for 4 s.
    await this.ask(told, sameSpeed, { ms: 2_500, tries: 4 });
    try {
      await this.#line.setBaudRate(baudRate);
    } catch {
      // This side's adapter has no such speed.
      return false;
    }
    const pattern = randomBytes(testBytes);
    const wireMs = (2 * testFrames * (testBytes + 20) * 10_000) / baudRate;
    let heard = 0;
    const all = await this.#next(
      (answer) => {
        if (answer.kind === "test" && pattern.equals(answer.pattern)) heard += 1;
        return heard === testFrames || undefined;
      },
      1_000 + 4 * wireMs,
      async () => {
        for (let frame = 0; frame < testFrames; frame += 1) await this.say({ kind: "test", pattern });
      },
    );
    if (all === undefined) return false;
    const kept = (answer: Answer) => answer.kind === "keep" || undefined;
    return (await this.#next(kept, 1_000, () => this.say({ kind: "keep" }))) ?? false;
  }

  #next<T>(
    match: (answer: Answer) => T | undefined,
    ms: number,
    say: () => Promise<void>,
  ): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        clearTimeout(timer);
        this.listen(undefined);
        act();
      };
      const timer = setTimeout(() => settle(() => resolve(undefined)), ms);
      const failed = (error: unknown) => settle(() => reject(error));
      const heard = (answer: Answer) => {
        const found = match(answer);
        if (found !== undefined) settle(() => resolve(found));
      };
      this.listen({ heard, failed });
      say().catch(failed);
    });
  }

  #take(bytes: Uint8Array): void {
    // A board that started anew speaks text.
    this.#text = (this.#text + Buffer.from(bytes).toString("latin1")).slice(-256);
    for (const content of this.#reader.take(bytes)) {
      const answer = decodeAnswer(content, this.#session);
      if (answer) this.#listener?.heard(answer);
    }
    if (/\nU-Boot (?:SPL |TPL )?\d{4}\.\d\d|<INTERRUPT>|service: box /.test(this.#text))
      this.#fail(new FlashError("BOARD_RESTARTED"));
  }

  #fail(error: FlashError): void {
    this.#text = "";
    this.#listener?.failed(error);
  }
}
