import * as z from "zod";
import type { KeyValueStore } from "../../core/ports.ts";

/** Bytes of the newest image: the box's own, and those that travelled. */
const byteCount = z.object({ reused: z.int().min(0), fetched: z.int().min(0) });
export type ByteCount = z.infer<typeof byteCount>;

const key = "update.bytes";

/** Where the bytes of the newest image came from; the restart into that image does not forget it. */
export function createByteCount(store: KeyValueStore): {
  now: () => ByteCount;
  set(count: ByteCount): void;
  /** Durable when it returns; only a count that changed is written. */
  keep(): void;
} {
  const stored = byteCount.safeParse(store.get(key));
  let kept = stored.success ? stored.data : { reused: 0, fetched: 0 };
  let count = kept;
  return {
    now: () => count,
    set(next) {
      count = next;
    },
    keep() {
      if (count === kept) return;
      store.set(key, count);
      kept = count;
    },
  };
}
