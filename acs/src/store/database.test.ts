import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silentLog } from "../log.ts";
import { openStore, type Store } from "./database.ts";
import { migrate, readMigrations } from "./migrate.ts";

describe("the store", () => {
  let folder: string;
  let dataDir: string;
  let store: Store;
  beforeAll(async () => {
    // Longer than a Unix socket's path may be, and closed to the account that PostgreSQL runs under.
    folder = mkdtempSync(join(tmpdir(), "tonalite-store-"));
    dataDir = join(folder, "a-long-name-".repeat(10), "data");
    mkdirSync(dataDir, { recursive: true });
    store = await openStore({ dataDir, log: silentLog });
  });
  afterAll(async () => {
    await store?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it("is durable: the settings that acknowledged writes rest on", async () => {
    for (const [name, value] of [
      ["fsync", "on"],
      ["synchronous_commit", "on"],
      ["full_page_writes", "on"],
      ["listen_addresses", ""],
    ])
      expect((await store.pool.query<Record<string, string>>(`show ${name}`)).rows[0]?.[name ?? ""]).toBe(
        value,
      );
  });

  it("keeps its data over a restart", async () => {
    await store.db
      .insertInto("devices")
      .values({ id: "a", oui: "0", product_class: "", serial_number: "1" })
      .execute();
    await store.stop();
    store = await openStore({ dataDir, log: silentLog });
    expect(await store.db.selectFrom("devices").select("id").execute()).toEqual([{ id: "a" }]);
  });

  it("comes back by itself when its process is killed", async () => {
    const pid = store.serverPid();
    if (pid === undefined) throw new Error("no process");
    process.kill(pid, "SIGKILL");
    const deadline = Date.now() + 15_000;
    let answer: unknown;
    while (answer === undefined && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      answer = await store.db
        .selectFrom("devices")
        .select("id")
        .executeTakeFirst()
        .catch(() => undefined);
    }
    expect(answer).toEqual({ id: "a" });
    expect(store.serverPid()).not.toBe(pid);
  });

  it("runs a migration once, in order, and refuses a changed one", async () => {
    const known = readMigrations();
    const next = { name: "900-next.sql", sql: "create table next (a int)", checksum: "1" };
    const runs = await Promise.all([
      migrate(store.pool, [...known, next], silentLog),
      migrate(store.pool, [...known, next], silentLog),
    ]);
    expect(runs.flat()).toEqual(["900-next.sql"]);
    await expect(migrate(store.pool, [...known, { ...next, checksum: "2" }], silentLog)).rejects.toThrow(
      /changed after it ran/,
    );
    await expect(migrate(store.pool, known, silentLog)).rejects.toThrow(/newer ACS/);
  });

  it("leaves nothing behind of a migration that fails", async () => {
    const known = [...readMigrations(), { name: "900-next.sql", sql: "", checksum: "1" }];
    const broken = {
      name: "901-broken.sql",
      sql: "create table half (a int); select nonsense",
      checksum: "x",
    };
    await expect(migrate(store.pool, [...known, broken], silentLog)).rejects.toThrow(/901-broken/);
    expect((await store.pool.query("select to_regclass('half') as found")).rows).toEqual([{ found: null }]);
  });

  it("says what is wrong with a server that does not answer, without its password", async () => {
    const opened = openStore({
      dataDir,
      databaseUrl: "postgres://acs:hidden-word@127.0.0.1:9/acs",
      log: silentLog,
    });
    await expect(opened).rejects.toThrow(/does not answer/);
    await opened.catch((error: unknown) => expect(String(error)).not.toContain("hidden-word"));
  });
});
