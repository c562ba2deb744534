import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silentLog } from "../log.ts";
import { openTestStore } from "../store/test-store.ts";
import { createInformWriter, type InformWrite } from "./inform-writer.ts";

type Store = Awaited<ReturnType<typeof openTestStore>>;

describe("the writer of Informs", () => {
  let store: Store;
  const ids = Array.from({ length: 200 }, (_, index) => `box-${String(index).padStart(3, "0")}`);
  beforeAll(async () => {
    store = await openTestStore();
    await store.db
      .insertInto("devices")
      .values(ids.map((id) => ({ id, oui: "0011AA", product_class: "box", serial_number: id })))
      .execute();
  });
  afterAll(() => store?.close());

  const inform = (deviceId: string, parameters: InformWrite["parameters"] = []): InformWrite => ({
    deviceId,
    at: new Date(),
    boot: false,
    bootstrap: false,
    parameters,
  });
  const valueOf = async (deviceId: string, path: string) =>
    await store.db
      .selectFrom("device_parameters")
      .select("value")
      .where("device_id", "=", deviceId)
      .where("path", "=", path)
      .executeTakeFirst();

  it("writes what arrives together in a handful of statements", async () => {
    let statements = 0;
    const counting = {
      query: (...args: Parameters<typeof store.pool.query>) => (statements++, store.pool.query(...args)),
    };
    const writer = createInformWriter(counting as unknown as typeof store.pool, silentLog);
    const revisions = await Promise.all(
      ids.map((id) => writer.write(inform(id, [{ path: "Device.A", value: id, type: "string" }]))),
    );
    expect(revisions.every((revision) => revision === 1)).toBe(true);
    expect(statements).toBeLessThan(5);
    expect((await valueOf("box-117", "Device.A"))?.value).toBe("box-117");
  });

  it("tells of a device that is not registered, without harm to its neighbours", async () => {
    const writer = createInformWriter(store.pool, silentLog);
    const parameters = [{ path: "Device.A", value: "x", type: "string" }];
    expect(
      await Promise.all([writer.write(inform("stranger", parameters)), writer.write(inform("box-001"))]),
    ).toEqual([undefined, 1]);
  });

  it("isolates data that the store refuses", async () => {
    const writer = createInformWriter(store.pool, silentLog);
    const poison = [{ path: "Device.A", value: "nul \u0000", type: "string" }];
    const outcomes = await Promise.allSettled([
      writer.write(inform("box-001", poison)),
      writer.write(inform("box-002", [{ path: "Device.A", value: "good", type: "string" }])),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
    expect((await valueOf("box-002", "Device.A"))?.value).toBe("good");
  });

  it("keeps the order of one device's Informs", async () => {
    const writer = createInformWriter(store.pool, silentLog);
    const writes = Array.from({ length: 20 }, (_, index) =>
      writer.write(inform("box-003", [{ path: "Device.Count", value: String(index), type: "string" }])),
    );
    await Promise.all(writes);
    expect((await valueOf("box-003", "Device.Count"))?.value).toBe("19");
  });

  it("bumps the revision when what the device shall be changes, not when it informs", async () => {
    const writer = createInformWriter(store.pool, silentLog);
    expect(await writer.write(inform("box-004"))).toBe(1);
    await store.db.insertInto("lines").values({ device_id: "box-004", line: 1 }).execute();
    await store.db.updateTable("lines").set({ status: "Up" }).where("device_id", "=", "box-004").execute();
    await store.db.updateTable("devices").set({ label: "kitchen" }).where("id", "=", "box-004").execute();
    expect(await writer.write(inform("box-004"))).toBe(2);
    await store.db
      .updateTable("devices")
      .set({ desired: JSON.stringify({ a: "b" }) })
      .where("id", "=", "box-004")
      .execute();
    expect(await writer.write(inform("box-004"))).toBe(3);
  });

  it("loses nothing that it acknowledged when PostgreSQL is killed, and waits for it to come back", async () => {
    const writer = createInformWriter(store.pool, silentLog);
    const acknowledged = new Map<string, string>();
    const stop = new AbortController();
    const load = ids.slice(100).map(async (id) => {
      for (let round = 0; !stop.signal.aborted; round++) {
        const value = String(round);
        await writer.write(inform(id, [{ path: "Device.Round", value, type: "string" }]));
        acknowledged.set(id, value);
      }
    });
    for (let kill = 0; kill < 2; kill++) {
      await new Promise((resolve) => setTimeout(resolve, 300));
      const pid = store.serverPid();
      if (pid !== undefined) process.kill(pid, "SIGKILL");
    }
    await new Promise((resolve) => setTimeout(resolve, 1500));
    stop.abort();
    await Promise.all(load);
    expect(acknowledged.size).toBe(100);
    const rows = await store.db
      .selectFrom("device_parameters")
      .select(["device_id", "value"])
      .where("path", "=", "Device.Round")
      .execute();
    const stored = new Map(rows.map((row) => [row.device_id, Number(row.value)]));
    for (const [id, value] of acknowledged) expect(stored.get(id)).toBeGreaterThanOrEqual(Number(value));
  });
});
