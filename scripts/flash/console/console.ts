import type { SerialLine } from "../line/line.ts";
import { FlashError, type FlashDetails } from "../problem.ts";
import { createConsole, stepConsole } from "./machine.ts";
import type { Command, ConsoleEffect, ConsoleEvent, ConsoleOptions, ConsoleState, Hint } from "./state.ts";

export type Answer = { code: number; text: string };

export type TransferProgress = (sent: number, total: number) => void;

type Waiting = {
  resolve: (answer: Answer) => void;
  reject: (error: FlashError) => void;
  progress: TransferProgress | undefined;
};

/** U-Boot's console on a line: runs the machine, one thing at a time. */
export class BoardConsole {
  readonly #line: SerialLine;
  #state: ConsoleState;
  #waiting: Waiting | undefined;
  #timer: NodeJS.Timeout | undefined;
  #lost = false;
  #repeats = 0;
  /** a change of speed that is under way */
  #changing: Promise<void> = Promise.resolve();
  readonly #hint: (hint: Hint, details: FlashDetails) => void;

  constructor(
    line: SerialLine,
    options: Partial<ConsoleOptions> = {},
    hint: (hint: Hint, details: FlashDetails) => void = () => undefined,
  ) {
    this.#line = line;
    this.#hint = hint;
    this.#state = createConsole({ baudRate: line.baudRate, ...options });
    this.#listen();
  }

  /** The line U-Boot announced itself with; empty when the board was at its prompt already. */
  get banner(): string {
    return this.#state.banner;
  }

  /** Blocks sent more than once since the console was opened: the line's health. */
  get repeats(): number {
    return this.#repeats;
  }

  /**
   * Finds the prompt, interrupting autoboot, a command or a transfer.
   * @throws FlashError `NO_ANSWER`, `WRONG_BAUD`, `BOOT_LOOP`, `SYSTEM_RUNNING`, `LINE_LOST`
   */
  async seek(): Promise<void> {
    await this.#wait({ type: "seek" });
  }

  /**
   * Has the board execute a command, and sends `payload` when it asks for one.
   * @throws FlashError when the line or the board fails; a command's own failure is the answer's code
   */
  run(command: Command, progress?: TransferProgress): Promise<Answer> {
    return this.#wait({ type: "command", command }, progress);
  }

  /**
   * @returns what the command printed
   * @throws FlashError `COMMAND_FAILED` when it did not succeed
   */
  async must(line: string, ms = 10_000): Promise<string> {
    const { code, text } = await this.run({ line, ms });
    if (code === 0) return text;
    throw new FlashError("COMMAND_FAILED", { command: line.slice(0, 60), answer: text.slice(-200) });
  }

  /** Bits per second on the wire now. */
  get baudRate(): number {
    return this.#line.baudRate;
  }

  /**
   * Takes board and line to another speed; both stay there until the board starts anew.
   * @returns false when the board does not know that speed, and has its old one
   * @throws FlashError `COMMAND_TIMEOUT` when the board is not heard there: see {@link returnToSpeed}
   */
  async changeSpeed(baudRate: number): Promise<boolean> {
    const { code } = await this.run({ line: `setenv baudrate ${baudRate}`, ms: 3_000, baudRate });
    return code === 0;
  }

  /**
   * Has the board start anew, and leaves it to itself: autoboot is not interrupted. Its console has its own speed then.
   * @param slow bits per second of that
   * @throws FlashError `LINE_LOST`
   */
  async restart(slow: number): Promise<void> {
    // The command never answers: the board is gone.
    await this.run({ line: "reset", ms: 1_500 }).catch((error: unknown) => {
      if (error instanceof FlashError && error.code === "LINE_LOST") throw error;
    });
    await this.#line.setBaudRate(slow);
  }

  /**
   * Listens at another speed again, for {@link seek} to find a board that was switched off and on.
   * @throws FlashError `LINE_LOST`
   */
  returnToSpeed(baudRate: number): Promise<void> {
    return this.#line.setBaudRate(baudRate);
  }

  /**
   * Gives the line to another user, for as long as that takes; {@link seek} finds the board again afterwards.
   * @throws FlashError `LINE_LOST`, and what the user throws
   */
  async lend<T>(use: (line: SerialLine) => Promise<T>): Promise<T> {
    if (this.#waiting) throw new Error("the console is busy");
    if (this.#lost) throw new FlashError("LINE_LOST", { port: this.#line.name });
    try {
      return await use(this.#line);
    } catch (error) {
      if (error instanceof FlashError && error.code === "LINE_LOST") this.#lose();
      throw error;
    } finally {
      this.#listen();
    }
  }

  /** Stops its timer and lets go of the line, which stays open. */
  end(): void {
    clearTimeout(this.#timer);
    this.#line.listen(
      () => undefined,
      () => undefined,
    );
  }

  #listen(): void {
    this.#line.listen(
      (bytes) => this.#step({ type: "received", bytes }),
      () => this.#lose(),
    );
  }

  #wait(event: ConsoleEvent, progress?: TransferProgress): Promise<Answer> {
    if (this.#waiting) throw new Error("the console is busy");
    if (this.#lost) return Promise.reject(new FlashError("LINE_LOST", { port: this.#line.name }));
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject, progress };
      this.#step(event);
    });
  }

  #step(event: ConsoleEvent): void {
    if (this.#lost) return;
    const before = this.#state;
    const { state, effects } = stepConsole(before, event);
    this.#state = state;
    if (before.phase === "sending" && state.phase === "sending")
      this.#repeats += state.sender.repeats - before.sender.repeats;
    for (const effect of effects) this.#execute(effect);
  }

  #execute(effect: ConsoleEffect): void {
    switch (effect.do) {
      case "write":
        // A transfer's answer can only be waited for once its block has left.
        if (this.#state.phase === "sending") clearTimeout(this.#timer);
        void this.#write(effect.bytes);
        return;
      case "timer":
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.#step({ type: "timeout" }), effect.ms);
        return;
      case "speed":
        // What is still to be written has left by now: the board speaks of the change before it makes it.
        this.#changing = this.#line.setBaudRate(effect.baudRate).catch(() => this.#lose());
        return;
      case "progress":
        this.#waiting?.progress?.(effect.sent, effect.total);
        return;
      case "hint":
        this.#hint(effect.hint, effect.details);
        return;
      case "ready":
        this.#finish()?.resolve({ code: 0, text: "" });
        return;
      case "answer":
        this.#finish()?.resolve({ code: effect.code, text: effect.text });
        return;
      case "fail":
        this.#finish()?.reject(new FlashError(effect.code, effect.details));
    }
  }

  async #write(bytes: Uint8Array): Promise<void> {
    try {
      await this.#changing;
      await this.#line.write(bytes);
    } catch {
      this.#lose();
      return;
    }
    this.#step({ type: "written" });
  }

  #finish(): Waiting | undefined {
    clearTimeout(this.#timer);
    const waiting = this.#waiting;
    this.#waiting = undefined;
    return waiting;
  }

  #lose(): void {
    if (this.#lost) return;
    this.#lost = true;
    this.#finish()?.reject(new FlashError("LINE_LOST", { port: this.#line.name }));
  }
}
