import { blockLength, control, decodeBlock, decodeFileHeader } from "../modem/index.ts";

const patienceMs = 200;

/** The receiving side of `loady`: takes one file, then calls `done`; undefined when the sender cancelled. */
export class Receiver {
  readonly #say: (...bytes: number[]) => void;
  readonly #done: (file: Uint8Array | undefined) => void;
  #pending: number[] = [];
  #expected = 0;
  #size: number | undefined;
  #blocks: Uint8Array[] = [];
  #ended = false;
  #over = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(say: (...bytes: number[]) => void, done: (file: Uint8Array | undefined) => void) {
    this.#say = say;
    this.#done = done;
    this.#ask();
  }

  take(bytes: Uint8Array): void {
    this.#pending.push(...bytes);
    while (this.#step());
    this.#wait();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #ask(): void {
    this.#say(this.#expected <= 1 && this.#pending.length === 0 ? control.C : control.NAK);
    this.#wait();
  }

  #wait(): void {
    clearTimeout(this.#timer);
    if (this.#over) return;
    this.#timer = setTimeout(() => {
      this.#pending = [];
      if (this.#ended) this.#finish();
      else this.#ask();
    }, patienceMs);
  }

  #step(): boolean {
    const [first, second] = this.#pending;
    if (first === undefined) return false;
    if (first === control.CAN && second === control.CAN) return this.#finish(true);
    if (first === 0x03) return this.#finish(true);
    if (first === control.EOT) {
      this.#pending.shift();
      this.#ended = true;
      this.#say(control.ACK, control.C);
      return true;
    }
    const length = blockLength(first);
    if (length === undefined) {
      if (first === control.CAN && second === undefined) return false;
      this.#pending.shift();
      return true;
    }
    if (this.#pending.length < length) return false;
    this.#takeBlock(Uint8Array.from(this.#pending.splice(0, length)));
    return true;
  }

  #takeBlock(frame: Uint8Array): void {
    const block = decodeBlock(frame);
    if (!block) {
      this.#pending = [];
      this.#say(control.NAK);
    } else if (this.#ended) {
      this.#say(control.ACK);
      this.#finish();
    } else if (block.number === this.#expected % 256) {
      if (this.#expected === 0) this.#size = decodeFileHeader(block.data)?.size;
      else this.#blocks.push(block.data);
      this.#expected += 1;
      this.#say(control.ACK);
    } else if (block.number === (this.#expected + 255) % 256) this.#say(control.ACK);
    else {
      this.#say(control.CAN, control.CAN, control.CAN);
      this.#finish(true);
    }
  }

  #finish(cancelled = false): boolean {
    this.stop();
    this.#over = true;
    this.#done(cancelled ? undefined : Buffer.concat(this.#blocks).subarray(0, this.#size));
    return false;
  }
}
