import { sql, type Kysely } from "kysely";
import { cutPage, decodeKey, encodeKey } from "../api/cursor.ts";
import { connectionOf } from "../api/device-view.ts";
import type { CampaignDevice, CampaignDevicesQuery, Page } from "../api/schemas.ts";
import type { Database } from "../store/database.ts";

/** Where each device of a campaign stands; `readCampaign` counts by the same words. */
export const standingOf = sql<CampaignDevice["standing"]>`case
  when campaign_devices.refusal is not null then 'passed-over'
  when campaign_devices.update_id is null then 'left'
  when updates.finished_at is null then 'open'
  when updates.state = 'committed' then 'committed'
  when updates.state = 'cancelled' then 'cancelled'
  else 'failed' end`;

/** The devices of a campaign, wave by wave. */
export async function listCampaignDevices(
  db: Kysely<Database>,
  campaignId: string,
  query: CampaignDevicesQuery,
): Promise<Page<CampaignDevice>> {
  let select = db
    .selectFrom("campaign_devices")
    .innerJoin("devices", "devices.id", "campaign_devices.device_id")
    .leftJoin("updates", "updates.id", "campaign_devices.update_id")
    .where("campaign_id", "=", campaignId)
    .select([
      "campaign_devices.device_id",
      "campaign_devices.wave",
      "campaign_devices.refusal",
      "devices.serial_number",
      "devices.label",
      "updates.id as update_id",
      "updates.state",
      "updates.reason",
      "updates.clause",
      "updates.provider",
      "updates.updated_at",
      standingOf.as("standing"),
      connectionOf.as("connection"),
    ])
    .orderBy("campaign_devices.wave")
    .orderBy("campaign_devices.device_id")
    .limit(query.limit + 1);
  if (query.wave !== undefined) select = select.where("campaign_devices.wave", "=", query.wave);
  if (query.standing !== undefined) select = select.where(sql<boolean>`${standingOf} = ${query.standing}`);
  if (query.after !== undefined) {
    const [, wave = "0", device = ""] = /^(\d{1,3}) (.*)$/s.exec(decodeKey(query.after)) ?? [];
    select = select.where(
      sql<boolean>`(campaign_devices.wave, campaign_devices.device_id) > (${Number(wave)}, ${device})`,
    );
  }
  type Row = Awaited<ReturnType<typeof select.execute>>[number];
  const toItem = (row: Row): CampaignDevice => ({
    deviceId: row.device_id,
    serialNumber: row.serial_number,
    label: row.label,
    wave: row.wave,
    standing: row.standing,
    updateId: row.update_id,
    state: row.state,
    reason: row.refusal ?? row.reason,
    clause: row.clause,
    provider: row.provider,
    connection: row.connection,
    updatedAt: row.updated_at?.toISOString() ?? null,
  });
  return cutPage(await select.execute(), query.limit, toItem, (row) =>
    encodeKey(`${row.wave} ${row.device_id}`),
  );
}
