import { mkdir, open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";

/** The content of a file; undefined when there is none. */
export async function readIfThere(folder: string, name: string): Promise<Buffer | undefined> {
  try {
    return await readFile(join(folder, name));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

/**
 * Stores files in their order, each whole or not at all, durable when it resolves: what names others comes after them,
 * so that a power cut leaves a repository that fits together.
 */
export async function storeFiles(folder: string, files: readonly [string, Uint8Array][]): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, bytes] of files) {
    const path = join(folder, name);
    const file = await open(`${path}.next`, "w", 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${path}.next`, path);
    await syncFolder(folder);
  }
}

async function syncFolder(folder: string): Promise<void> {
  const directory = await open(folder, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
