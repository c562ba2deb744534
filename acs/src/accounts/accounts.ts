import { randomUUID } from "node:crypto";
import type { Kysely } from "kysely";
import type { Role, Token } from "../api/schemas.ts";
import type { Database } from "../store/database.ts";
import { hashToken, isToken, issueToken, sameHash } from "./token.ts";

/** Who asks: the token's name stands in the audit log and in `requested_by`. */
export type Actor = { tokenId: string; name: string; role: Role };

const touchEveryMs = 60_000;

/** Who holds this token, or undefined when it is unknown or revoked. */
export async function authenticate(db: Kysely<Database>, token: string): Promise<Actor | undefined> {
  if (!isToken(token)) return undefined;
  const hash = hashToken(token);
  const row = await db
    .selectFrom("api_tokens")
    .select(["id", "name", "role", "token_hash", "last_used_at"])
    .where("token_hash", "=", hash)
    .where("revoked_at", "is", null)
    .executeTakeFirst();
  if (!row || !sameHash(row.token_hash, hash)) return undefined;
  if (!row.last_used_at || Date.now() - row.last_used_at.getTime() > touchEveryMs)
    await db.updateTable("api_tokens").set({ last_used_at: new Date() }).where("id", "=", row.id).execute();
  return { tokenId: row.id, name: row.name, role: roleOf(row.role) };
}

/** Adds a token; the text of `token` (default: a new one) is in the answer and nowhere else. */
export async function addToken(
  db: Kysely<Database>,
  name: string,
  role: Role,
  token: string = issueToken(),
): Promise<{ token: string; details: Token }> {
  const row = await db
    .insertInto("api_tokens")
    .values({ id: randomUUID(), name, role, token_hash: hashToken(token), created_at: new Date() })
    .returning(["id", "name", "role", "created_at", "last_used_at", "revoked_at"])
    .executeTakeFirstOrThrow();
  return { token, details: toToken(row) };
}

export async function listTokens(db: Kysely<Database>): Promise<Token[]> {
  const rows = await db
    .selectFrom("api_tokens")
    .select(["id", "name", "role", "created_at", "last_used_at", "revoked_at"])
    .orderBy("created_at")
    .limit(1000)
    .execute();
  return rows.map(toToken);
}

/** @returns false when there is no such token in use */
export async function revokeToken(db: Kysely<Database>, id: string): Promise<boolean> {
  const changed = await db
    .updateTable("api_tokens")
    .set({ revoked_at: new Date() })
    .where("id", "=", id)
    .where("revoked_at", "is", null)
    .executeTakeFirst();
  return changed.numUpdatedRows > 0n;
}

/** Whether an administrator can still log in. */
export async function hasAdmin(db: Kysely<Database>): Promise<boolean> {
  const row = await db
    .selectFrom("api_tokens")
    .select("id")
    .where("role", "=", "admin")
    .where("revoked_at", "is", null)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

function toToken(row: {
  id: string;
  name: string;
  role: string;
  created_at: Date;
  last_used_at: Date | null;
  revoked_at: Date | null;
}): Token {
  return {
    id: row.id,
    name: row.name,
    role: roleOf(row.role),
    createdAt: row.created_at.toISOString(),
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
    revokedAt: row.revoked_at?.toISOString() ?? null,
  };
}

// An unknown role (of a newer edition, say) may what the least may.
function roleOf(text: string): Role {
  return text === "admin" || text === "support" ? text : "station";
}
