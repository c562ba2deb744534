import { SerialPort } from "serialport";
import { FlashError } from "../problem.ts";
import type { SerialLine } from "./line.ts";

/**
 * Opens a serial port for one user: 8N1, no flow control.
 * @throws FlashError `PORT_MISSING`, `PORT_BUSY`, `PORT_DENIED`, `PORT_FAILED`
 */
export async function openSerialLine(path: string, baudRate: number): Promise<SerialLine> {
  const port = new SerialPort({ path, baudRate, autoOpen: false, lock: true });
  await new Promise<void>((resolve, reject) => {
    port.open((error) => (error ? reject(portProblem(path, error)) : resolve()));
  });
  return new OpenPort(port);
}

class OpenPort implements SerialLine {
  readonly #port: SerialPort;
  #received: (bytes: Uint8Array) => void = () => undefined;
  #lost: () => void = () => undefined;

  constructor(port: SerialPort) {
    this.#port = port;
    // The library tells of an unplugged cable only while somebody listens for data.
    port.on("data", (bytes: Buffer) => this.#received(bytes));
    port.on("close", (error?: Error | null) => {
      if (error) this.#lost();
    });
    port.on("error", () => this.#lost());
  }

  get name(): string {
    return this.#port.path;
  }

  get baudRate(): number {
    return this.#port.baudRate;
  }

  listen(received: (bytes: Uint8Array) => void, lost: () => void): void {
    this.#received = received;
    this.#lost = lost;
  }

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      const lost = () => reject(new FlashError("LINE_LOST", { port: this.name }));
      if (!this.#port.isOpen) return lost();
      this.#port.write(Buffer.from(bytes), (error) => (error ? lost() : undefined));
      this.#port.drain((error) => (error ? lost() : resolve()));
      return undefined;
    });
  }

  setBaudRate(baudRate: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#port.update({ baudRate }, (error) =>
        error ? reject(new FlashError("LINE_LOST", { port: this.name })) : resolve(),
      );
    });
  }

  close(): Promise<void> {
    if (!this.#port.isOpen) return Promise.resolve();
    return new Promise((resolve) => {
      this.#port.close(() => resolve());
    });
  }
}

/** The library's error messages carry the cause as text only. */
function portProblem(path: string, cause: Error): FlashError {
  const { message } = cause;
  const details = { port: path };
  if (/lock port|resource temporarily|busy/i.test(message))
    return new FlashError("PORT_BUSY", details, { cause });
  if (/permission|access denied|operation not permitted/i.test(message))
    return new FlashError("PORT_DENIED", details, { cause });
  if (/no such|not found|file not found/i.test(message))
    return new FlashError("PORT_MISSING", details, { cause });
  return new FlashError("PORT_FAILED", { ...details, reason: message.slice(0, 120) }, { cause });
}
