import { sql, type Kysely } from "kysely";
import { notFound } from "../api/problem.ts";
import type { Campaign, CampaignDevice } from "../api/schemas.ts";
import type { Database } from "../store/database.ts";
import { standingOf } from "./read-devices.ts";

/** The campaigns, newest first. */
export async function listCampaigns(db: Kysely<Database>): Promise<Campaign[]> {
  const rows = await campaigns(db).orderBy("campaigns.created_at", "desc").limit(200).execute();
  return Promise.all(rows.map((row) => withWaves(db, row)));
}

/** @throws ApiProblem `not-found` */
export async function readCampaign(db: Kysely<Database>, id: string): Promise<Campaign> {
  const row = await campaigns(db).where("campaigns.id", "=", id).executeTakeFirst();
  if (!row) throw notFound(`campaign ${id}`, "GET /api/campaigns lists the campaigns.");
  return withWaves(db, row);
}

function campaigns(db: Kysely<Database>) {
  return db
    .selectFrom("campaigns")
    .innerJoin("firmware_images", "firmware_images.id", "campaigns.image_id")
    .selectAll("campaigns")
    .select("firmware_images.version");
}
type Row = Awaited<ReturnType<ReturnType<typeof campaigns>["execute"]>>[number];

const counted = (standing: CampaignDevice["standing"]) =>
  sql<number>`count(*) filter (where ${standingOf} = ${standing})`;

async function withWaves(db: Kysely<Database>, row: Row): Promise<Campaign> {
  const rows = await db
    .selectFrom("campaign_devices")
    .leftJoin("updates", "updates.id", "campaign_devices.update_id")
    .where("campaign_id", "=", row.id)
    .groupBy("wave")
    .select([
      "wave",
      sql<number>`count(*)`.as("devices"),
      counted("left").as("left"),
      counted("open").as("open"),
      counted("committed").as("committed"),
      counted("failed").as("failed"),
      counted("cancelled").as("cancelled"),
      counted("passed-over").as("passedOver"),
    ])
    .execute();
  const none = { devices: 0, left: 0, open: 0, committed: 0, failed: 0, cancelled: 0, passedOver: 0 };
  return {
    id: row.id,
    name: row.name,
    imageId: row.image_id,
    version: row.version,
    forced: row.forced,
    urgent: row.urgent,
    state: row.state,
    reason: row.reason,
    wave: row.wave,
    waves: row.waves.map((share, index) => {
      const { wave: _wave, ...counts } = rows.find(({ wave }) => wave === index + 1) ?? {
        wave: 0,
        ...none,
      };
      return { share, ...counts };
    }),
    pauseHours: row.pause_hours,
    abortPercent: row.abort_percent,
    announcedAt: row.announced_at.toISOString(),
    requestedBy: row.requested_by,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    finishedAt: row.finished_at?.toISOString() ?? null,
  };
}
