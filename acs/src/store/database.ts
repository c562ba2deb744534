import { Kysely, PostgresDialect } from "kysely";
import { Pool, TypeOverrides, types as pgTypes } from "pg";
import type { Log } from "../log.ts";
import { migrate, readMigrations } from "./migrate.ts";
import { startPostgres } from "./postgres-server.ts";
import type { Database } from "./schema.ts";

export type * from "./schema.ts";

export type Store = {
  db: Kysely<Database>;
  /** for the few hot statements that are prepared by name */
  pool: Pool;
  /** pid of the PostgreSQL child; undefined with a server of one's own */
  serverPid(): number | undefined;
  /** Closes the connections, then shuts the child down. */
  stop(): Promise<void>;
};

export class StoreError extends Error {
  override readonly name = "StoreError";
}

const poolSize = 12;

// bigint as number: sequences and sizes stay far below 2^53.
const types = new TypeOverrides();
types.setTypeParser(pgTypes.builtins.INT8, Number);

/**
 * Opens the store and brings it up to date: an own PostgreSQL under `dataDir`, or the server at `databaseUrl`.
 * @throws StoreError, PostgresError, AccountError or MigrationError, each with a sentence for the operator
 */
export async function openStore(options: {
  dataDir: string;
  databaseUrl?: string | undefined;
  log: Log;
}): Promise<Store> {
  const { log } = options;
  const server = options.databaseUrl === undefined ? await startPostgres(options) : undefined;
  const where = server
    ? { host: server.socketDir, user: server.user, database: server.database }
    : { connectionString: options.databaseUrl };
  const pool = new Pool({
    ...where,
    types,
    max: poolSize,
    connectionTimeoutMillis: 10_000,
    application_name: "tonalite-acs",
  });
  // An idle connection lost (server restart) is no crash: the pool opens another.
  pool.on("error", (error) => log.warn({ err: error.message }, "store connection lost"));
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
  const stop = async () => {
    await db.destroy(); // ends the pool
    await server?.stop();
  };
  try {
    await pool.query("select 1").catch((cause: unknown) => {
      throw new StoreError(`the store does not answer: ${reason(cause)}`, { cause });
    });
    await migrate(pool, readMigrations(), log);
  } catch (error) {
    await stop();
    throw error;
  }
  return { db, pool, serverPid: () => server?.pid(), stop };
}

function reason(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reason).join("; ");
  return error instanceof Error ? error.message : String(error);
}
