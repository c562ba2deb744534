import { endpointIdOf } from "@tonalite/agent/core/usp";
import { type Kysely, type Selectable, sql } from "kysely";
import type { Pool } from "pg";
import { cwmpHa1, generatePassword } from "../secrets/credentials.ts";
import type { Sealer } from "../secrets/seal.ts";
import type { Database, DeviceFaults, DevicesTable, LinesTable } from "../store/database.ts";
import { deviceIdOf, type DeviceIdentity } from "./identity.ts";

export type DeviceRow = Selectable<DevicesTable>;
export type LineRow = Selectable<LinesTable>;
export type StoredParameter = { value: string; type: string; writable: boolean };

export async function findDevice(db: Kysely<Database>, id: string): Promise<DeviceRow | undefined> {
  return await db.selectFrom("devices").selectAll().where("id", "=", id).executeTakeFirst();
}

export async function findDeviceByUsername(
  db: Kysely<Database>,
  username: string,
): Promise<DeviceRow | undefined> {
  return await db.selectFrom("devices").selectAll().where("cwmp_username", "=", username).executeTakeFirst();
}

export async function findDeviceByEndpoint(
  db: Kysely<Database>,
  endpointId: string,
): Promise<DeviceRow | undefined> {
  return await db.selectFrom("devices").selectAll().where("endpoint_id", "=", endpointId).executeTakeFirst();
}

export async function linesOf(db: Kysely<Database>, deviceId: string): Promise<LineRow[]> {
  return await db.selectFrom("lines").selectAll().where("device_id", "=", deviceId).orderBy("line").execute();
}

/** Numbers of the lines that were taken away from the device. */
export async function retiredLinesOf(db: Kysely<Database>, deviceId: string): Promise<number[]> {
  const rows = await db
    .selectFrom("retired_lines")
    .select("line")
    .where("device_id", "=", deviceId)
    .orderBy("line")
    .execute();
  return rows.map((row) => row.line);
}

/**
 * Lets an unknown device in (`--open-enrolment`): it gets credentials of its own, of which only downloads make use.
 * @returns the device, also when another session registered it meanwhile
 */
export async function enrol(
  db: Kysely<Database>,
  sealer: Sealer,
  device: DeviceIdentity & { manufacturer: string; profile: string | null },
): Promise<DeviceRow | undefined> {
  const id = deviceIdOf(device);
  const password = generatePassword();
  await db
    .insertInto("devices")
    .values({
      id,
      oui: device.oui,
      product_class: device.productClass,
      serial_number: device.serialNumber,
      manufacturer: device.manufacturer,
      profile: device.profile,
      endpoint_id: endpointIdOf(device.oui, device.serialNumber),
      cwmp_username: id,
      cwmp_ha1: JSON.stringify(cwmpHa1(id, password)),
      cwmp_password_sealed: sealer.seal(password),
      open_enrolled: true,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return await findDevice(db, id);
}

/** The endpoint and passwords that every device has; those still missing are made, and durable before they are used. */
export async function ensureSecrets(
  db: Kysely<Database>,
  sealer: Sealer,
  row: DeviceRow,
): Promise<DeviceRow> {
  if (row.connection_request_password_sealed && row.mqtt_password_sealed && row.endpoint_id) return row;
  return await db
    .updateTable("devices")
    .set((expression) => ({
      endpoint_id: expression.fn.coalesce(
        "endpoint_id",
        expression.val(endpointIdOf(row.oui, row.serial_number)),
      ),
      connection_request_username: expression.fn.coalesce(
        "connection_request_username",
        expression.val("acs"),
      ),
      connection_request_password_sealed: expression.fn.coalesce(
        "connection_request_password_sealed",
        expression.val(sealer.seal(generatePassword())),
      ),
      mqtt_password_sealed: expression.fn.coalesce(
        "mqtt_password_sealed",
        expression.val(sealer.seal(generatePassword())),
      ),
    }))
    .where("id", "=", row.id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** What is stored of some of a device's parameters; a path the device does not have is absent. */
export async function readParameters(
  pool: Pool,
  deviceId: string,
  paths: readonly string[],
): Promise<Map<string, StoredParameter>> {
  const result = await pool.query<StoredParameter & { path: string }>({
    name: "read-parameters",
    text: "select path, value, type, writable from device_parameters where device_id = $1 and path = any($2::text[])",
    values: [deviceId, paths],
  });
  return new Map(result.rows.map(({ path, ...stored }) => [path, stored]));
}

/** Passwords read back empty (TR-181); of a device that shows them all the same nothing is kept. */
export const isSecretPath = (path: string): boolean =>
  /(password|passphrase|secret|presharedkey)$/i.test(path);

/**
 * Stores values in one statement, however many there are; what did not change is not written.
 * @param parameters `writable` for all of them or for none: then what is known of it stays
 */
export async function saveParameters(
  pool: Pool,
  deviceId: string,
  parameters: readonly { path: string; value: string; type: string; writable?: boolean }[],
): Promise<void> {
  const rows = [...new Map(parameters.map((parameter) => [parameter.path, parameter])).values()];
  if (rows.length === 0) return;
  const knowsWritable = rows.every((row) => row.writable !== undefined);
  await pool.query({
    name: "save-parameters",
    text: `
      insert into device_parameters as p (device_id, path, value, type, writable)
      select $1, n.* from unnest($2::text[], $3::text[], $4::text[], $5::boolean[]) as n
      on conflict (device_id, path) do update set
        value = excluded.value, type = excluded.type, updated_at = now(),
        writable = case when $6 then excluded.writable else p.writable end
      where (p.value, p.type) is distinct from (excluded.value, excluded.type)
        or ($6 and p.writable <> excluded.writable)`,
    values: [
      deviceId,
      rows.map((row) => row.path),
      rows.map((row) => (isSecretPath(row.path) ? "" : row.value)),
      rows.map((row) => row.type),
      rows.map((row) => row.writable ?? false),
      knowsWritable,
    ],
  });
}

/**
 * Ends a complete reading: parameters that the device no longer has go, and the reading is noted.
 * @param paths what the device has; undefined when it would not say: then nothing goes
 */
export async function finishDiscovery(
  pool: Pool,
  deviceId: string,
  paths: readonly string[] | undefined,
  softwareVersion: string,
): Promise<void> {
  await pool.query(
    `with gone as (delete from device_parameters where device_id = $1 and $2::text[] is not null and path <> all($2::text[]))
     update devices set discovered_version = $3 where id = $1`,
    [deviceId, paths ?? null, softwareVersion],
  );
}

export async function recordFaults(
  db: Kysely<Database>,
  deviceId: string,
  faults: DeviceFaults | null,
): Promise<void> {
  await db
    .updateTable("devices")
    .set({ faults: faults === null ? null : JSON.stringify(faults) })
    .where("id", "=", deviceId)
    .execute();
}

/**
 * A line's registration or call state as the device reports it now.
 * @returns whether anything changed
 */
export async function recordLineState(
  db: Kysely<Database>,
  deviceId: string,
  line: number,
  state: { status?: string; callStatus?: string },
): Promise<boolean> {
  const { status = null, callStatus = null } = state;
  const changed = await sql`
    update lines set
      status = coalesce(${status}::text, status),
      status_since = case when status is distinct from coalesce(${status}::text, status) then now() else status_since end,
      call_status = coalesce(${callStatus}::text, call_status)
    where device_id = ${deviceId} and line = ${line}
      and (status is distinct from coalesce(${status}::text, status)
        or call_status is distinct from coalesce(${callStatus}::text, call_status))`.execute(db);
  return (changed.numAffectedRows ?? 0n) > 0n;
}

/** A value told without its type: kept where the parameter is known, otherwise the next reading brings it. */
export async function storeKnownValue(
  pool: Pool,
  deviceId: string,
  path: string,
  value: string,
): Promise<void> {
  await pool.query(
    "update device_parameters set value = $3, updated_at = now() where device_id = $1 and path = $2",
    [deviceId, path, value],
  );
}

/** @returns the device's id, undefined when the endpoint is nobody's */
export async function recordPresence(
  db: Kysely<Database>,
  endpointId: string,
  online: boolean,
): Promise<string | undefined> {
  const changed = await db
    .updateTable("devices")
    .set({ online_usp: online })
    .where("endpoint_id", "=", endpointId)
    .returning("id")
    .executeTakeFirst();
  return changed?.id;
}

/** At the start nobody is connected; the broker then tells who is. */
export async function forgetPresence(db: Kysely<Database>): Promise<void> {
  await db.updateTable("devices").set({ online_usp: false }).where("online_usp", "=", true).execute();
}
