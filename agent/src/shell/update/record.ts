import * as z from "zod";
import type { KeyValueStore } from "../../core/ports.ts";
import { updateState, type UpdateState } from "../../core/update/index.ts";
import type { DownloadMark } from "./fetch-image.ts";
import type { UpdateLog } from "./options.ts";

const fallback = z.object({
  /** The update that left it there. */
  update: z.string(),
  version: z.string().max(100),
  /** The box's security floor before that update: what this image is known to satisfy. */
  securityFloor: z.int().min(0),
});
/** The image that was left for the present one and still lies in the other slot. */
export type Fallback = z.infer<typeof fallback>;

const fallbackKey = "update.fallback";
const stateKey = "update.state";
const markKey = "update.downloaded";

/** The update as it stands in the store; a record that cannot be read is as good as none, and is said so. */
export function loadUpdate(store: KeyValueStore, log: UpdateLog): UpdateState {
  const stored = store.get(stateKey);
  if (stored === undefined || stored === null) return { state: "idle" };
  const parsed = updateState.safeParse(stored);
  if (parsed.success) return parsed.data;
  log.error({}, "the record of the update under way cannot be read; it is forgotten");
  return { state: "idle" };
}

/** Durable when it returns. */
export function saveUpdate(store: KeyValueStore, state: UpdateState): void {
  store.set(stateKey, state);
}

/** How far the download of one try of one update surely got; a mark of any other try counts as nothing. */
export function downloadMark(store: KeyValueStore, update: string, restarts: number): DownloadMark {
  const name = `${update}/${restarts}`;
  return {
    load: () => {
      const mark = store.get(markKey);
      if (typeof mark !== "object" || mark === null || !("name" in mark) || !("offset" in mark)) return 0;
      return mark.name === name && Number.isSafeInteger(mark.offset) ? Number(mark.offset) : 0;
    },
    save: (offset) => store.set(markKey, { name, offset }),
  };
}

/** The image that the box can go back to; undefined when the other slot holds none that is known to have worked. */
export function loadFallback(store: KeyValueStore): Fallback | undefined {
  return fallback.safeParse(store.get(fallbackKey)).data;
}

/** Durable when it returns. Once for each update: after a power cut the floor may have risen already. */
export function saveFallback(store: KeyValueStore, kept: Fallback): void {
  if (loadFallback(store)?.update !== kept.update) store.set(fallbackKey, kept);
}

/** Before anything is written over it; durable when it returns. */
export function forgetFallback(store: KeyValueStore): void {
  if (store.get(fallbackKey) !== undefined) store.delete(fallbackKey);
}
