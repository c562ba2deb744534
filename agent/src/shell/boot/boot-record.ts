import { join } from "node:path";
import { bootState, type BootState } from "../../core/update/index.ts";
import { replaceFile, type Disk } from "../update/disk.ts";

const nameOf = (stateFolder: string): string => join(stateFolder, "boot.json");

/**
 * Reads `<state>/boot.json`.
 * @returns undefined when there is none, "damaged" when it cannot be believed (a fault of the medium: it is only ever
 *   replaced as a whole)
 */
export async function readBootRecord(
  disk: Disk,
  stateFolder: string,
): Promise<BootState | "damaged" | undefined> {
  const bytes = await disk.read(nameOf(stateFolder));
  if (!bytes) return undefined;
  try {
    const parsed = bootState.safeParse(JSON.parse(Buffer.from(bytes).toString("utf8")));
    return parsed.success ? parsed.data : "damaged";
  } catch {
    return "damaged";
  }
}

/** Replaces `<state>/boot.json`: durable when it resolves. */
export async function writeBootRecord(disk: Disk, stateFolder: string, state: BootState): Promise<void> {
  await replaceFile(disk, nameOf(stateFolder), Buffer.from(`${JSON.stringify(state)}\n`));
}
