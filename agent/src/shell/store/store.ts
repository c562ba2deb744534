import { existsSync, renameSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Journal, KeyValueStore } from "../../core/ports.ts";
import { openJournal } from "./journal.ts";

const fileName = "store.db";

/** The box's durable memory: one SQLite file. What a call returned from has survived a power cut (WAL, FULL). */
export type Store = {
  readonly journal: Journal;
  readonly values: KeyValueStore;
  /** All of `work`, or nothing of it, is durable when it returns. Not nested. */
  transaction<T>(work: () => T): T;
  /** What was wrong with the file found at start, which is kept aside; null when all was well. */
  readonly damage: string | null;
  /**
   * Forgets every value; the journal, which is proof, stays. What is set from then on lives until the process ends:
   * a call may delay the restart for hours, and nothing of the old box shall come back with it.
   */
  forget(): void;
  close(): void;
};

/**
 * Opens (or makes) the store in a directory.
 * @throws Error when the directory cannot be written.
 */
export function openStore(directory: string): Store {
  const { database, damage } = openDatabase(join(directory, fileName));
  const journal = openJournal(database);
  const { values, forget } = openValues(database);
  return {
    journal,
    values,
    transaction: (work) => {
      let committed = false;
      try {
        const result = transaction(database, work);
        committed = true;
        return result;
      } finally {
        journal.settle(committed);
      }
    },
    damage,
    forget,
    close: () => database.close(),
  };
}

/** Runs `work` in one transaction. */
export function transaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }
}

// A file that cannot be read must not keep the telephone dead: it is put aside and a new one begun.
function openDatabase(file: string): { database: DatabaseSync; damage: string | null } {
  try {
    return { database: prepare(file), damage: null };
  } catch (error) {
    const { errcode, message } = error as { errcode?: number; message: string };
    // SQLITE_CORRUPT 11, SQLITE_NOTADB 26; anything else (no space, no permission) is not cured by a new file.
    const damaged = errcode !== undefined && [11, 26].includes(errcode & 0xff);
    if (!damaged || !existsSync(file)) throw error;
    for (const suffix of ["", "-wal", "-shm"]) {
      if (existsSync(file + suffix)) renameSync(file + suffix, `${file}.damaged${suffix}`);
    }
    return { database: prepare(file), damage: message };
  }
}

function prepare(file: string): DatabaseSync {
  const database = new DatabaseSync(file);
  try {
    database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA cache_size = -256;
      CREATE TABLE IF NOT EXISTS journal (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL,
        time TEXT NOT NULL,
        data TEXT NOT NULL,
        delivered INTEGER NOT NULL DEFAULT 0
      ) STRICT;
      CREATE INDEX IF NOT EXISTS journal_pending ON journal (sequence) WHERE delivered = 0;
      CREATE TABLE IF NOT EXISTS key_value (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
    `);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function openValues(database: DatabaseSync): { values: KeyValueStore; forget: () => void } {
  const read = database.prepare("SELECT value FROM key_value WHERE key = ?");
  const write = database.prepare(
    "INSERT INTO key_value (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
  );
  const remove = database.prepare("DELETE FROM key_value WHERE key = ?");
  let passing: Map<string, string> | undefined;
  return {
    values: {
      get: (key) => {
        const text = passing === undefined ? read.get(key)?.["value"] : passing.get(key);
        return text === undefined ? undefined : (JSON.parse(String(text)) as unknown);
      },
      set: (key, value) => {
        if (passing === undefined) write.run(key, JSON.stringify(value));
        else passing.set(key, JSON.stringify(value));
      },
      delete: (key) => {
        if (passing === undefined) remove.run(key);
        else passing.delete(key);
      },
    },
    forget() {
      database.exec("DELETE FROM key_value");
      passing = new Map();
    },
  };
}
