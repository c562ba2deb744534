// The core is compiled without any platform's types; this class is in every JavaScript runtime.
declare const TextEncoder: new () => { encode(text: string): Uint8Array };
const utf8 = new TextEncoder();

/** Writes the wire format of Protocol Buffers into one growing buffer. */
export class Writer {
  #buffer = new Uint8Array(256);
  #length = 0;

  text(id: number, value: string): void {
    this.bytes(id, utf8.encode(value));
  }

  bytes(id: number, value: Uint8Array): void {
    this.#number((id << 3) | 2);
    this.#number(value.length);
    this.#reserve(value.length);
    this.#buffer.set(value, this.#length);
    this.#length += value.length;
  }

  varint(id: number, value: number): void {
    this.#number(id << 3);
    this.#number(value);
  }

  fixed32(id: number, value: number): void {
    this.#number((id << 3) | 5);
    this.#reserve(4);
    for (let shift = 0; shift < 32; shift += 8) this.#buffer[this.#length++] = (value >>> shift) & 0xff;
  }

  nested(id: number, write: (inner: Writer) => void): void {
    const inner = new Writer();
    write(inner);
    this.bytes(id, inner.finish());
  }

  finish(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  #number(value: number): void {
    this.#reserve(5);
    let rest = value >>> 0;
    while (rest > 0x7f) {
      this.#buffer[this.#length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#buffer[this.#length++] = rest;
  }

  #reserve(extra: number): void {
    const needed = this.#length + extra;
    if (needed <= this.#buffer.length) return;
    const larger = new Uint8Array(Math.max(needed, this.#buffer.length * 2));
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = larger;
  }
}
