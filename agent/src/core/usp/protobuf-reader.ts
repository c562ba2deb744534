import { UspError } from "./error.ts";

// The core is compiled without any platform's types; this class is in every JavaScript runtime.
declare const TextDecoder: new (
  label: "utf-8",
  options: { fatal: true; ignoreBOM: true },
) => {
  decode(input: Uint8Array): string;
};
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A budget shared by a reader and the readers nested in it. */
export type Budget = { left: number };

/** Reads the wire format of Protocol Buffers; every step is bounded by the input. */
export class Reader {
  readonly #input: Uint8Array;
  readonly #budget: Budget;
  #at = 0;

  constructor(input: Uint8Array, budget: Budget) {
    this.#input = input;
    this.#budget = budget;
  }

  /** The next field's number and wire type; undefined at the end. */
  tag(): { id: number; wire: number } | undefined {
    if (this.#at >= this.#input.length) return undefined;
    this.#budget.left -= 1;
    if (this.#budget.left < 0) throw new UspError("TOO_MANY_FIELDS", "more fields than are accepted");
    const value = this.varint();
    const id = value >>> 3;
    if (id === 0) throw new UspError("BAD_TAG", "field number 0");
    return { id, wire: value & 7 };
  }

  expect(actual: number, expected: number, name: string): void {
    if (actual !== expected) {
      throw new UspError("WRONG_WIRE_TYPE", `field ${name} has wire type ${actual}, expected ${expected}`);
    }
  }

  /** The low 32 bits: USP has no wider varint that this product reads. */
  varint(): number {
    let result = 0;
    for (let index = 0; index < 10; index += 1) {
      const byte = this.#input[this.#at];
      if (byte === undefined) throw truncated();
      this.#at += 1;
      if (index < 5) result |= (byte & 0x7f) << (7 * index);
      if (byte < 0x80) return result >>> 0;
    }
    throw new UspError("BAD_VARINT", "a varint longer than 10 bytes");
  }

  fixed32(): number {
    const start = this.#advance(4);
    const [a = 0, b = 0, c = 0, d = 0] = this.#input.subarray(start, start + 4);
    return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
  }

  bytes(): Uint8Array {
    const length = this.varint();
    const start = this.#advance(length);
    return this.#input.subarray(start, start + length);
  }

  text(): string {
    try {
      return utf8.decode(this.bytes());
    } catch (cause) {
      if (cause instanceof UspError) throw cause;
      throw new UspError("INVALID_UTF8", "a string that is not UTF-8", { cause });
    }
  }

  nested(): Reader {
    return new Reader(this.bytes(), this.#budget);
  }

  skip(wire: number): void {
    if (wire === 0) this.varint();
    else if (wire === 1) this.#advance(8);
    else if (wire === 2) this.bytes();
    else if (wire === 5) this.#advance(4);
    else throw new UspError("BAD_TAG", `wire type ${wire} (groups are not part of proto3)`);
  }

  /** Moves on by `length`; returns where it was. */
  #advance(length: number): number {
    const start = this.#at;
    if (length > this.#input.length - start) throw truncated();
    this.#at = start + length;
    return start;
  }
}

const truncated = (): UspError => new UspError("TRUNCATED", "the input ends inside a field");
