import { sql, type Kysely } from "kysely";
import { cutPage, decodePosition, encodePosition, olderThan } from "../api/cursor.ts";
import { connectionOf } from "../api/device-view.ts";
import { notFound } from "../api/problem.ts";
import type { Page, Update } from "../api/schemas.ts";
import type { Database } from "../store/database.ts";
import { bringsOrder } from "./orders.ts";
import { whyItWaits } from "./states.ts";

/** A device's updates, newest first. */
export async function listUpdates(
  db: Kysely<Database>,
  deviceId: string,
  query: { limit: number; after?: string | undefined },
): Promise<Page<Update>> {
  let select = updatesWithContext(db)
    .where("updates.device_id", "=", deviceId)
    .orderBy("updates.created_at", "desc")
    .orderBy("updates.id", "desc")
    .limit(query.limit + 1);
  if (query.after !== undefined)
    select = select.where(olderThan("updates.created_at", "updates.id", decodePosition(query.after)));
  return cutPage(await select.execute(), query.limit, toUpdate, (row) =>
    encodePosition({ at: row.created_at, id: row.id }),
  );
}

/** @throws ApiProblem `not-found` */
export async function readUpdate(db: Kysely<Database>, id: string): Promise<Update> {
  const row = await updatesWithContext(db).where("updates.id", "=", id).executeTakeFirst();
  if (!row) throw notFound(`update ${id}`, "GET /api/devices/{id}/updates lists a device's updates.");
  return toUpdate(row);
}

function updatesWithContext(db: Kysely<Database>) {
  return db
    .selectFrom("updates")
    .innerJoin("devices", "devices.id", "updates.device_id")
    .innerJoin("firmware_images", "firmware_images.id", "updates.image_id")
    .selectAll("updates")
    .select([
      "devices.last_inform_at",
      "firmware_images.version",
      connectionOf.as("connection"),
      sql<Date | null>`(select sent_at from commands where commands.device_id = updates.device_id
        and ${bringsOrder(sql.ref("updates.command_key"))} limit 1)`.as("sent_at"),
      sql<
        string | null
      >`(select detail ->> 'from' from audit_log where audit_log.device_id = updates.device_id
        and detail ->> 'updateId' = updates.id::text limit 1)`.as("from_version"),
    ]);
}

type UpdateRow = Awaited<ReturnType<ReturnType<typeof updatesWithContext>["execute"]>>[number];

function toUpdate(row: UpdateRow): Update {
  return {
    id: row.id,
    deviceId: row.device_id,
    imageId: row.image_id,
    kind: row.kind,
    version: row.kind === "recall" ? (row.target_version ?? "") : row.version,
    from: row.kind === "recall" ? row.version : row.from_version,
    commandKey: row.command_key,
    forced: row.forced,
    clause: row.clause,
    provider: row.provider,
    state: row.state,
    reason: row.reason,
    waitsFor: whyItWaits({
      state: row.state,
      reason: row.reason,
      sentAt: row.sent_at,
      lastHeardAt: row.last_inform_at,
      reachable: row.connection === "usp" || row.connection === "cwmp",
      deadlineAt: row.deadline_at,
    }),
    deadlineAt: row.deadline_at?.toISOString() ?? null,
    requestedBy: row.requested_by ?? "",
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    finishedAt: row.finished_at?.toISOString() ?? null,
    fault: row.fault as Update["fault"],
  };
}
