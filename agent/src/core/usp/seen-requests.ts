import type { Clock } from "./notifier.ts";

/** How long a repeated request is recognised, how many are remembered, and up to what size: a larger one is a Set. */
export const rememberedRequests = { milliseconds: 60_000, count: 32, bytes: 16 * 1024 } as const;

type Seen<T> = { readonly input: Uint8Array; readonly until: number; readonly answer: Promise<T> };

/**
 * Recognises a request that arrives twice (MQTT QoS 1 redelivery, a controller's repeat) and gives the first answer
 * again, so that a Set or a Reboot happens once. The whole record must be equal: message ids may come round again.
 */
export class SeenRequests<T> {
  readonly #seen = new Map<string, Seen<T>>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  once(
    key: string,
    input: Uint8Array,
    handle: () => Promise<T>,
  ): { readonly repeated: boolean; readonly answer: Promise<T> } {
    const now = this.#clock.now();
    const known = this.#seen.get(key);
    if (known !== undefined && known.until > now && equal(known.input, input)) {
      return { repeated: true, answer: known.answer };
    }
    this.#seen.delete(key);
    const answer = handle();
    // A Set that is carried out twice does no harm; half a megabyte of memory for each would.
    if (input.length > rememberedRequests.bytes) return { repeated: false, answer };
    this.#seen.set(key, { input: input.slice(), until: now + rememberedRequests.milliseconds, answer });
    const oldest = this.#seen.keys().next();
    if (this.#seen.size > rememberedRequests.count && oldest.done !== true) this.#seen.delete(oldest.value);
    return { repeated: false, answer };
  }
}

const equal = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, index) => byte === b[index]);
