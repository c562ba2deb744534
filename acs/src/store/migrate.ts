import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Pool, PoolClient } from "pg";
import type { Log } from "../log.ts";

export class MigrationError extends Error {
  override readonly name = "MigrationError";
}

export type Migration = { name: string; sql: string; checksum: string };

// Any number that no other program uses on this database: ACS processes that start together wait for each other.
const advisoryLock = 0x746f6e61;
const home = fileURLToPath(new URL("../../migrations/", import.meta.url));

/** The SQL files of `acs/migrations`, in the order of their names. */
export function readMigrations(directory = home): Migration[] {
  return readdirSync(directory)
    .filter((name) => /^\d{3}-[a-z0-9-]+\.sql$/.test(name))
    .toSorted()
    .map((name) => {
      const sql = readFileSync(`${directory}/${name}`, "utf8");
      return { name, sql, checksum: createHash("sha256").update(sql).digest("hex") };
    });
}

/**
 * Brings the store to the newest edition; each file runs once, in a transaction of its own.
 * @returns names of the files that ran
 * @throws MigrationError when a file that ran was changed since, or the store is newer than this program
 */
export async function migrate(pool: Pool, migrations: readonly Migration[], log: Log): Promise<string[]> {
  const client = await pool.connect();
  try {
    await client.query("select pg_advisory_lock($1)", [advisoryLock]);
    try {
      return await applyMissing(client, migrations, log);
    } finally {
      await client.query("select pg_advisory_unlock($1)", [advisoryLock]);
    }
  } finally {
    client.release();
  }
}

async function applyMissing(
  client: PoolClient,
  migrations: readonly Migration[],
  log: Log,
): Promise<string[]> {
  await client.query(
    "create table if not exists migrations (name text primary key, checksum text not null, applied_at timestamptz not null default now())",
  );
  const done = await client.query<{ name: string; checksum: string }>(
    "select name, checksum from migrations",
  );
  const applied = new Map(done.rows.map((row) => [row.name, row.checksum]));
  const known = new Set(migrations.map((migration) => migration.name));
  const unknown = [...applied.keys()].filter((name) => !known.has(name));
  if (unknown.length > 0)
    throw new MigrationError(
      `the store was made by a newer ACS (it has ${unknown.join(", ")}): run that one`,
    );

  const ran: string[] = [];
  for (const migration of migrations) {
    const checksum = applied.get(migration.name);
    if (checksum === migration.checksum) continue;
    if (checksum !== undefined)
      throw new MigrationError(
        `${migration.name} was changed after it ran on this store: add a new file instead`,
      );
    await client.query("begin");
    try {
      await client.query(migration.sql);
      await client.query("insert into migrations (name, checksum) values ($1, $2)", [
        migration.name,
        migration.checksum,
      ]);
      await client.query("commit");
    } catch (cause) {
      await client.query("rollback");
      throw new MigrationError(`${migration.name} failed`, { cause });
    }
    log.info({ migration: migration.name }, "store migrated");
    ran.push(migration.name);
  }
  return ran;
}
