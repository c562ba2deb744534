import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Log, silentLog } from "../log.ts";
import { openStore, type Store } from "./database.ts";

/** A real store in a folder of its own, for a test file; `close` removes both. */
export async function openTestStore(
  log: Log = silentLog,
): Promise<Store & { dataDir: string; close(): Promise<void> }> {
  const dataDir = mkdtempSync(join(tmpdir(), "tonalite-store-"));
  const store = await openStore({ dataDir, log });
  return {
    ...store,
    dataDir,
    async close() {
      await store.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
