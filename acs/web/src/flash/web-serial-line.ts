import { FlashError, type SerialLine } from "@tonalite/scripts/flash/browser";

/** A serial port that the technician chose in the browser (Web Serial), as the flash tool wants a line. */
export class WebSerialLine implements SerialLine {
  readonly name = "USB";
  readonly #port: SerialPort;
  #baudRate: number;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #writer: WritableStreamDefaultWriter<Uint8Array> | undefined;
  #open = true;
  #changing = false;
  #received: (bytes: Uint8Array) => void = () => undefined;
  #lost: () => void = () => undefined;

  private constructor(port: SerialPort, baudRate: number) {
    this.#port = port;
    this.#baudRate = baudRate;
    void this.#read();
  }

  /** @throws FlashError `PORT_BUSY` when another program or tab has it */
  static async open(port: SerialPort, baudRate: number): Promise<WebSerialLine> {
    try {
      await port.open({ baudRate, bufferSize: 64 * 1024 });
    } catch (cause) {
      throw new FlashError("PORT_BUSY", { port: "USB" }, { cause });
    }
    return new WebSerialLine(port, baudRate);
  }

  get baudRate(): number {
    return this.#baudRate;
  }

  listen(received: (bytes: Uint8Array) => void, lost: () => void): void {
    this.#received = received;
    this.#lost = lost;
  }

  async write(bytes: Uint8Array): Promise<void> {
    // One writer for as long as the port is open: what is written while something else leaves waits its turn.
    this.#writer ??= this.#open ? this.#port.writable?.getWriter() : undefined;
    if (!this.#writer) throw this.#gone();
    try {
      await this.#writer.write(Uint8Array.from(bytes));
    } catch {
      throw this.#gone();
    }
  }

  #release(): void {
    this.#writer?.releaseLock();
    this.#writer = undefined;
  }

  // Web Serial has no change of speed: the port is closed and opened again.
  async setBaudRate(baudRate: number): Promise<void> {
    if (baudRate === this.#baudRate) return;
    this.#changing = true;
    try {
      await this.#reader?.cancel();
      this.#release();
      await this.#port.close();
      await this.#port.open({ baudRate, bufferSize: 64 * 1024 });
      this.#baudRate = baudRate;
    } catch {
      throw this.#gone();
    } finally {
      this.#changing = false;
    }
    void this.#read();
  }

  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.#reader?.cancel().catch(() => undefined);
    this.#release();
    await this.#port.close().catch(() => undefined);
  }

  async #read(): Promise<void> {
    // A break or a framing error ends a stream, and the port gives another; only an unplugged cable gives none.
    while (this.#open && this.#port.readable) {
      const reader = this.#port.readable.getReader();
      this.#reader = reader;
      try {
        for (;;) {
          const { value, done } = await reader.read();
          if (done) break;
          this.#received(value);
        }
      } catch {
        // the next round finds out whether the port is still there
      } finally {
        reader.releaseLock();
      }
      if (this.#changing) return;
    }
    if (this.#open) this.#lost();
  }

  #gone(): FlashError {
    return new FlashError("LINE_LOST", { port: this.name });
  }
}
