/** Splits a byte stream into lines of JSON, bounded: a line longer than `limit` bytes is dropped whole. */
export class JsonLines {
  readonly #limit: number;
  readonly #take: (value: unknown) => void;
  readonly #refuse: (problem: string) => void;
  #parts: Buffer[] = [];
  #length = 0;
  #dropping = false;

  /** `refuse` is told of each line that is too long or is not JSON, never with its content (it may hold secrets). */
  constructor(limit: number, take: (value: unknown) => void, refuse: (problem: string) => void) {
    this.#limit = limit;
    this.#take = take;
    this.#refuse = refuse;
  }

  /** Takes the next bytes of the stream, however they were cut. */
  push(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end !== -1; end = chunk.indexOf(0x0a, start)) {
      this.#keep(chunk.subarray(start, end));
      this.#finish();
      start = end + 1;
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
  }

  #keep(part: Buffer): void {
    if (this.#dropping) return;
    this.#length += part.length;
    if (this.#length > this.#limit) {
      this.#dropping = true;
      this.#parts = [];
    } else this.#parts.push(part);
  }

  #finish(): void {
    const line = Buffer.concat(this.#parts);
    const tooLong = this.#dropping;
    this.#parts = [];
    this.#length = 0;
    this.#dropping = false;
    if (tooLong) {
      this.#refuse(`a line of more than ${this.#limit} bytes`);
      return;
    }
    if (line.length === 0) return;
    let value: unknown;
    try {
      value = JSON.parse(line.toString("utf8"));
    } catch {
      this.#refuse(`${line.length} bytes that are not JSON`);
      return;
    }
    this.#take(value);
  }
}
