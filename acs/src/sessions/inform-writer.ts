import { setTimeout as sleep } from "node:timers/promises";
import type { Pool } from "pg";
import type { Log } from "../log.ts";

/** What one Inform adds to the store. `undefined` leaves a column as it is. */
export type InformWrite = {
  deviceId: string;
  at: Date;
  boot: boolean;
  /** the device was reset: what is known of its parameters and faults is void */
  bootstrap: boolean;
  softwareVersion?: string | undefined;
  parameterKey?: string | undefined;
  connectionRequestUrl?: string | undefined;
  manufacturer?: string | undefined;
  /** values that differ from the stored ones */
  parameters: { path: string; value: string; type: string }[];
};

export type InformWriter = {
  /**
   * Resolves once the write is durable.
   * @returns the device's revision, or undefined when the device is no longer registered
   */
  write(inform: InformWrite): Promise<number | undefined>;
};

type Waiting = {
  inform: InformWrite;
  done: (revision: number | undefined) => void;
  failed: (error: unknown) => void;
};

const largestBatch = 500;
// One flush under way gathers the next; a second lets the disk's flush overlap with the network's work.
const flushesAtOnce = 2;
// Long enough for a crashed PostgreSQL to be back, shorter than a device waits for its answer (TR-069: 30 s).
const retryFor = 8000;

const updateDevices = `
  update devices d set
    last_inform_at = u.at,
    first_seen_at = coalesce(d.first_seen_at, u.at),
    last_boot_at = case when u.boot then u.at else d.last_boot_at end,
    software_version = coalesce(u.software_version, d.software_version),
    parameter_key = coalesce(u.parameter_key, d.parameter_key),
    connection_request_url = coalesce(u.connection_request_url, d.connection_request_url),
    manufacturer = coalesce(u.manufacturer, d.manufacturer),
    discovered_version = case when u.bootstrap then null else d.discovered_version end,
    faults = case when u.bootstrap then null else d.faults end
  from unnest($1::text[], $2::timestamptz[], $3::boolean[], $4::boolean[], $5::text[], $6::text[], $7::text[], $8::text[])
    as u(id, at, boot, bootstrap, software_version, parameter_key, connection_request_url, manufacturer)
  where d.id = u.id
  returning d.id, d.revision`;

const upsertParameters = `
  with changed as (
    insert into device_parameters as p (device_id, path, value, type, updated_at)
    select n.device_id, n.path, n.value, n.type, n.at
    from unnest($9::text[], $10::text[], $11::text[], $12::text[], $13::timestamptz[]) as n(device_id, path, value, type, at)
    where exists (select from devices where id = n.device_id)
    on conflict (device_id, path) do update set value = excluded.value, type = excluded.type, updated_at = excluded.updated_at
  )`;

/**
 * Group commit: every Inform that arrives while a write is under way goes into the next one, so that a thousand boxes
 * that wake at once cost a handful of transactions. Nothing is answered before it is on disk.
 */
export function createInformWriter(pool: Pool, log: Log): InformWriter {
  let waiting: Waiting[] = [];
  const underWay = new Set<string>(); // devices in a flush that has not ended
  let flushing = 0;
  let scheduled = false;

  const schedule = (): void => {
    if (scheduled || flushing >= flushesAtOnce || waiting.length === 0) return;
    scheduled = true;
    // After this turn of the event loop: Informs that were read together travel together.
    setImmediate(() => {
      scheduled = false;
      void flush();
    });
  };

  const flush = async (): Promise<void> => {
    const [batch, rest] = splitBatch(waiting, underWay);
    waiting = rest;
    if (batch.length === 0) return; // all wait for a flush under way, whose end comes back here
    flushing++;
    for (const item of batch) underWay.add(item.inform.deviceId);
    try {
      await settle(batch);
    } finally {
      for (const item of batch) underWay.delete(item.inform.deviceId);
      flushing--;
      schedule();
    }
  };

  const settle = async (batch: Waiting[]): Promise<void> => {
    try {
      const revisions = await persist(
        pool,
        batch.map((item) => item.inform),
        log,
      );
      for (const item of batch) item.done(revisions.get(item.inform.deviceId));
    } catch (error) {
      // One box's impossible data must not cost the others their answer.
      if (batch.length > 1 && !isTransient(error)) for (const item of batch) await settle([item]);
      else for (const item of batch) item.failed(error);
    }
  };

  return {
    write: (inform) =>
      new Promise((done, failed) => {
        waiting.push({ inform, done, failed });
        schedule();
      }),
  };
}

/** One row a device at a time: a second Inform of the same box waits until the first is stored. */
function splitBatch(waiting: Waiting[], underWay: ReadonlySet<string>): [Waiting[], Waiting[]] {
  const batch: Waiting[] = [];
  const rest: Waiting[] = [];
  const seen = new Set(underWay);
  for (const item of waiting) {
    if (batch.length >= largestBatch || seen.has(item.inform.deviceId)) rest.push(item);
    else {
      seen.add(item.inform.deviceId);
      batch.push(item);
    }
  }
  return [batch, rest];
}

async function persist(pool: Pool, informs: InformWrite[], log: Log): Promise<Map<string, number>> {
  const values: unknown[] = [
    informs.map((inform) => inform.deviceId),
    informs.map((inform) => inform.at.toISOString()),
    informs.map((inform) => inform.boot),
    informs.map((inform) => inform.bootstrap),
    informs.map((inform) => inform.softwareVersion ?? null),
    informs.map((inform) => inform.parameterKey ?? null),
    informs.map((inform) => inform.connectionRequestUrl ?? null),
    informs.map((inform) => inform.manufacturer ?? null),
  ];
  let statement = { name: "inform", text: updateDevices, values };
  if (informs.some((inform) => inform.parameters.length > 0)) {
    const rows = informs.flatMap((inform) =>
      inform.parameters.map((parameter) => ({ inform, ...parameter })),
    );
    values.push(
      rows.map((row) => row.inform.deviceId),
      rows.map((row) => row.path),
      rows.map((row) => row.value),
      rows.map((row) => row.type),
      rows.map((row) => row.inform.at.toISOString()),
    );
    statement = { name: "inform-parameters", text: upsertParameters + updateDevices, values };
  }
  const deadline = Date.now() + retryFor;
  for (let pause = 50; ; pause = Math.min(pause * 2, 1000)) {
    try {
      const result = await pool.query<{ id: string; revision: number }>(statement);
      return new Map(result.rows.map((row) => [row.id, row.revision]));
    } catch (error) {
      // The write says what is, not what changes: doing it twice does no harm.
      if (!isTransient(error) || Date.now() > deadline) throw error;
      log.warn({ err: String(error), informs: informs.length }, "store not reachable, write repeated");
      await sleep(pause);
    }
  }
}

/** Connection failures, server start and shutdown, serialization and deadlock: PostgreSQL's appendix A, classes 08, 57P, 40. */
export function isTransient(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code !== "string") return /connection|timeout/i.test(String(error));
  return /^(08|57P|40)/.test(code) || /^(ECONN|EPIPE|ENOENT|ETIMEDOUT)/.test(code);
}
