import type { Kysely } from "kysely";
import type { Database } from "../store/database.ts";
import { containing, cutPage, decodeKey, encodeKey } from "./cursor.ts";
import { connectionOf, linesOf, summaryColumns, toSummary } from "./device-view.ts";
import type { DeviceQuery, DeviceSummary, Page } from "./schemas.ts";

/** Devices by id, with their lines. */
export async function listDevices(db: Kysely<Database>, query: DeviceQuery): Promise<Page<DeviceSummary>> {
  let select = db
    .selectFrom("devices")
    .select([...summaryColumns, connectionOf.as("connection")])
    .orderBy("devices.id")
    .limit(query.limit + 1);
  if (query.after !== undefined) select = select.where("devices.id", ">", decodeKey(query.after));
  if (query.provider !== undefined) select = select.where("devices.provider", "=", query.provider);
  if (query.connection !== undefined) select = select.where(connectionOf, "=", query.connection);
  if (query.search !== undefined && query.search.trim() !== "") {
    const pattern = containing(query.search.trim());
    select = select.where((row) =>
      row.or([
        row("devices.id", "ilike", pattern),
        row("devices.serial_number", "ilike", pattern),
        row("devices.label", "ilike", pattern),
        row.exists(
          row
            .selectFrom("lines")
            .select("lines.line")
            .whereRef("lines.device_id", "=", "devices.id")
            .where((line) =>
              line.or([line("directory_number", "ilike", pattern), line("sip_user", "ilike", pattern)]),
            ),
        ),
      ]),
    );
  }
  const rows = await select.execute();
  const lines = await linesOf(
    db,
    rows.map((row) => row.id),
  );
  return cutPage(
    rows,
    query.limit,
    (row) => toSummary(row, lines.get(row.id) ?? []),
    (row) => encodeKey(row.id),
  );
}
