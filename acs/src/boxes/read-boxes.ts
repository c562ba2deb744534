import type { Kysely } from "kysely";
import { containing, cutPage, decodeKey, encodeKey } from "../api/cursor.ts";
import { notFound } from "../api/problem.ts";
import type { Box, BoxQuery, BoxSummary, Page } from "../api/schemas.ts";
import type { Database } from "../store/database.ts";

/** Boxes, those with the latest serial numbers first; without their reports, which may be long. */
export async function listBoxes(db: Kysely<Database>, query: BoxQuery): Promise<Page<BoxSummary>> {
  let select = boxes(db)
    .orderBy("boxes.device_id", "desc")
    .limit(query.limit + 1);
  if (query.after !== undefined) select = select.where("boxes.device_id", "<", decodeKey(query.after));
  if (query.state !== undefined) select = select.where("state", "=", query.state);
  if (query.search !== undefined && query.search.trim() !== "") {
    const pattern = containing(query.search.trim());
    select = select.where((row) =>
      row.or([
        row("serial_number", "ilike", pattern),
        row("mac", "ilike", pattern),
        row("label", "ilike", pattern),
      ]),
    );
  }
  return cutPage(await select.execute(), query.limit, toSummary, (row) => encodeKey(row.device_id));
}

/** @throws ApiProblem `not-found` */
export async function readBox(db: Kysely<Database>, id: string): Promise<Box> {
  const row = await boxes(db).select("report").where("device_id", "=", id).executeTakeFirst();
  if (!row) throw notFound(`box ${id}`, "A factory station claims it with POST /api/boxes.");
  return { ...toSummary(row), report: row.report as Box["report"] };
}

const boxes = (db: Kysely<Database>) =>
  db
    .selectFrom("boxes")
    .innerJoin("devices", "devices.id", "boxes.device_id")
    .select(["boxes.device_id", "serial_number", "label", "mac", "state", "station", "certificate"])
    .select(["boxes.created_at", "reported_at", "ordered_at"])
    .select(["first_seen_at", "last_inform_at", "software_version"]);
type Row = Awaited<ReturnType<ReturnType<typeof boxes>["execute"]>>[number];

const at = (time: Date | null): string | null => time?.toISOString() ?? null;

const toSummary = (row: Row): BoxSummary => ({
  deviceId: row.device_id,
  serialNumber: row.serial_number,
  label: row.label,
  mac: row.mac,
  state: row.state,
  station: row.station,
  certificate: row.certificate,
  createdAt: row.created_at.toISOString(),
  reportedAt: at(row.reported_at),
  orderedAt: at(row.ordered_at),
  firstSeenAt: at(row.first_seen_at),
  lastInformAt: at(row.last_inform_at),
  softwareVersion: row.software_version,
});
