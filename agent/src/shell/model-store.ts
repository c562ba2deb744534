import * as z from "zod";
import type { DataModel } from "../core/data-model/index.ts";
import type { KeyValueStore } from "../core/ports.ts";
import type { Log } from "./logging.ts";

const modelKey = "model";
const snapshotForm = z.record(z.string(), z.string());

/** Brings back what management set before the restart. */
export function restoreModel(model: DataModel, values: KeyValueStore, log: Log): void {
  const stored = snapshotForm.safeParse(values.get(modelKey) ?? {});
  if (!stored.success) {
    log.error({}, "the kept data model cannot be read; the box starts with its defaults");
    return;
  }
  const ignored = model.restore(stored.data);
  if (ignored.length > 0) log.warn({ ignored }, "kept parameters that this firmware does not take");
}

/**
 * Keeps what must survive a restart: durable before whoever wrote it gets an answer (the write of a whole message is
 * one; answers leave later in the event loop).
 */
export function keepModel(model: DataModel, values: KeyValueStore, log: Log): void {
  let scheduled = false;
  const keep = (): void => {
    scheduled = false;
    try {
      values.set(modelKey, model.snapshot());
    } catch (error) {
      log.error({ reason: error instanceof Error ? error.message : String(error) }, "settings were not kept");
    }
  };
  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    queueMicrotask(keep);
  };
  model.subscribe(({ path }) => {
    const declaration = model.declaration(path);
    if (declaration?.persist ?? declaration?.access === "readWrite") schedule();
  });
  model.subscribeRows(schedule);
  keep();
}
