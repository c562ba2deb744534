import { createHash } from "node:crypto";
import { sql, type Kysely, type Transaction } from "kysely";
import type { AuditVerification } from "../api/schemas.ts";
import type { Database } from "../store/database.ts";
import { canonicalJson } from "./canonical.ts";

/** A management act. `clause` is the provider's clause that allows it (IPPI 7.3: remote maintenance); no secrets in `detail`. */
export type Act = {
  actor: string;
  action: string;
  deviceId?: string | undefined;
  clause?: string | null | undefined;
  detail?: Record<string, unknown>;
};

/** `previous_hash` of the first entry. */
export const genesis = "0".repeat(64);

// Any number will do, as long as nobody else locks it: "tnl" and "a" for audit.
const chainLock = 0x746e6c61;

/**
 * Appends an act to the tamper-evident log, in the transaction of the act itself: either both are kept or neither.
 * Appends wait for one another from here to the end of their transactions, so call it last.
 */
export async function appendAudit(transaction: Transaction<Database>, act: Act): Promise<void> {
  await sql`select pg_advisory_xact_lock(${chainLock})`.execute(transaction);
  const last = await transaction
    .selectFrom("audit_log")
    .select("hash")
    .orderBy("id", "desc")
    .limit(1)
    .executeTakeFirst();
  const entry = {
    at: new Date(),
    actor: act.actor,
    action: act.action,
    device_id: act.deviceId ?? null,
    clause: act.clause ?? null,
    detail: canonicalJson(act.detail ?? {}),
    previous_hash: last?.hash ?? genesis,
  };
  await transaction
    .insertInto("audit_log")
    .values({ ...entry, hash: entryHash({ ...entry, detail: act.detail ?? {} }) })
    .execute();
}

type Linked = {
  at: Date;
  actor: string;
  action: string;
  device_id: string | null;
  clause: string | null;
  detail: unknown;
  previous_hash: string;
};

/** SHA-256 over everything an entry says and the hash of the one before. */
export function entryHash(entry: Linked): string {
  const { at, actor, action, device_id, clause, detail, previous_hash } = entry;
  const text = canonicalJson([previous_hash, at.toISOString(), actor, action, device_id, clause, detail]);
  return createHash("sha256").update(text).digest("hex");
}

/** Follows the chain from its first entry; memory stays bounded however long the log is. */
export async function verifyAudit(db: Kysely<Database>): Promise<AuditVerification> {
  let previous = genesis;
  let after = 0;
  let entries = 0;
  for (;;) {
    const rows = await db
      .selectFrom("audit_log")
      .selectAll()
      .where("id", ">", after)
      .orderBy("id")
      .limit(1000)
      .execute();
    for (const row of rows) {
      const { id } = row;
      if (row.previous_hash !== previous)
        return { ok: false, entries, brokenAt: id, reason: "an entry before this one was removed or put in" };
      if (entryHash(row) !== row.hash)
        return { ok: false, entries, brokenAt: id, reason: "this entry was changed after it was written" };
      previous = row.hash;
      after = id;
      entries += 1;
    }
    if (rows.length === 0) return { ok: true, entries, brokenAt: null, reason: null };
  }
}
