/** The power is gone: nothing after this happens. */
export class PowerCut extends Error {
  override readonly name = "PowerCut";
}

/** Repeatable chance: mulberry32. */
export type Chance = { below(limit: number): number };

export function createChance(seed: number): Chance {
  let state = seed >>> 0;
  return {
    below(limit) {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
    },
  };
}

/** Mains for a simulated box: goes at the n-th change of anything that lasts, just before it or just after, or inside a write. */
export class Power {
  #left = Number.POSITIVE_INFINITY;
  #bytesLeft = Number.POSITIVE_INFINITY;
  #on = true;
  readonly #chance: Chance;
  /** Changes so far. */
  changes = 0;
  /** Bytes written to files so far. */
  bytes = 0;
  onCut: () => void = () => {};

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  cutAfter(changes: number): void {
    this.#left = changes;
  }

  /** The power goes once so many bytes more are written to files: the write they belong to stays half done. */
  cutAtByte(bytes: number): void {
    this.#bytesLeft = bytes;
  }

  restore(): void {
    this.#on = true;
    this.#left = Number.POSITIVE_INFINITY;
    this.#bytesLeft = Number.POSITIVE_INFINITY;
  }

  require(): void {
    if (!this.#on) throw new PowerCut("no power");
  }

  /** Makes a change that would survive, or is cut before or after it. */
  change<T>(make: () => T): T {
    this.require();
    this.changes += 1;
    this.#left -= 1;
    if (this.#left > 0) return make();
    if (this.#chance.below(2) === 1) make();
    return this.#go();
  }

  /** Writes bytes to a file; `make` is told how many of them get there. */
  write(length: number, make: (written: number) => void): void {
    this.require();
    this.bytes += length;
    if (length < this.#bytesLeft) {
      this.#bytesLeft -= length;
      this.change(() => make(length));
      return;
    }
    this.changes += 1;
    make(this.#bytesLeft);
    this.#go();
  }

  #go(): never {
    this.#on = false;
    this.onCut();
    throw new PowerCut("the power went");
  }
}
