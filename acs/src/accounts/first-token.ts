import { open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import type { Kysely } from "kysely";
import type { Database } from "../store/database.ts";
import { addToken, hasAdmin } from "./accounts.ts";
import { hashToken, isToken, issueToken } from "./token.ts";

/**
 * Makes sure that somebody can administer a new ACS: its first start writes a token to `<dataDir>/admin-token` (mode
 * 0600). An emptied file gets a new token at the next start, so a lost one is no lock-out; a file that holds a token
 * which the store does not know (a store set up anew) is taken as it is.
 * @returns the file's path; undefined when there is an administrator and no file
 */
export async function ensureAdminToken(db: Kysely<Database>, dataDir: string): Promise<string | undefined> {
  const file = join(dataDir, "admin-token");
  const written = await readToken(file);
  if (written === undefined && (await hasAdmin(db))) return undefined;
  const token = written !== undefined && isToken(written) ? written : issueToken();
  if (token !== written) await writeToken(file, token);
  const known = await db
    .selectFrom("api_tokens")
    .select("id")
    .where("token_hash", "=", hashToken(token))
    .executeTakeFirst();
  if (!known) await addToken(db, "administrator", "admin", token);
  return file;
}

async function readToken(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, "utf8")).trim();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

// The file is durable before the store knows its hash: a power cut between the two must not lose the only token.
async function writeToken(file: string, token: string): Promise<void> {
  const draft = `${file}.new`;
  const handle = await open(draft, "w", 0o600);
  try {
    await handle.chmod(0o600);
    await handle.writeFile(`${token}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, file);
}
