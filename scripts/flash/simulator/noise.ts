/** How bad a line is: chances per byte. */
export type Distortion = { flip: number; drop: number; double: number };

/** Bytes that look random and are the same for the same seed. */
export function randomBytes(length: number, seed: number): Uint8Array {
  const next = generator(seed);
  return Uint8Array.from({ length }, () => next() * 256);
}

/** A line that flips a bit, drops or doubles a byte now and then; the same for the same seed. */
export function distortion(chance: Partial<Distortion>, seed: number): (bytes: Uint8Array) => Uint8Array {
  const next = generator(seed);
  const { flip = 0, drop = 0, double = 0 } = chance;
  return (bytes) => {
    const out: number[] = [];
    for (const byte of bytes) {
      if (next() < drop) continue;
      const worn = next() < flip ? byte ^ (1 << Math.floor(next() * 8)) : byte;
      out.push(worn);
      if (next() < double) out.push(worn);
    }
    return Uint8Array.from(out);
  };
}

// mulberry32 (Tommy Ettinger): small, even enough for tests.
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
