import { noticeEnd, type Profiles } from "@tonalite/device-profiles";
import { sql, type Transaction } from "kysely";
import { ApiProblem } from "../api/problem.ts";
import { appendAudit } from "../audit/audit.ts";
import type { Database } from "../store/database.ts";
import type { RolloutParts } from "./advance.ts";
import { orderUpdate, type ImageGate } from "./order.ts";

// A step orders so many at once: a fleet must not call all in the same minute.
const orderedAtOnce = 50;

/** What an order for a device of a campaign is made of. */
export type CampaignRow = {
  id: string;
  image_id: string;
  wave: number;
  forced: boolean;
  urgent: boolean;
  deadline_hours: number | null;
  announced_at: Date;
  requested_by: string;
};

type CampaignDevice = { device_id: string; provider: string | null };

/** Orders for the next devices of the wave; one that may not have the image is passed over with the reason. */
export async function orderSome(
  transaction: Transaction<Database>,
  profiles: Profiles,
  campaign: CampaignRow,
  at: Date,
): Promise<{ settled: number; updates: { deviceId: string; updateId: string }[] }> {
  const devices = await transaction
    .selectFrom("campaign_devices")
    .innerJoin("devices", "devices.id", "campaign_devices.device_id")
    .select(["device_id", "devices.provider"])
    .where("campaign_id", "=", campaign.id)
    .where("wave", "=", campaign.wave)
    .where("update_id", "is", null)
    .where("refusal", "is", null)
    .orderBy("device_id")
    .execute();
  const updates: { deviceId: string; updateId: string }[] = [];
  let settled = 0;
  for (const { device_id: deviceId, provider } of devices) {
    if (settled === orderedAtOnce) break;
    if (!campaign.urgent && isUnannounced(profiles, provider, campaign.announced_at, at)) continue;
    settled += 1;
    const outcome = await orderOne(transaction, profiles, campaign, deviceId, at);
    if ("updateId" in outcome) updates.push({ deviceId, updateId: outcome.updateId });
  }
  return { settled, updates };
}

/** Orders for a device of the campaign, or passes it over; either is noted. */
async function orderOne(
  transaction: Transaction<Database>,
  profiles: Profiles,
  campaign: CampaignRow,
  deviceId: string,
  at: Date,
): Promise<{ updateId: string } | { refusal: string }> {
  const outcome = await tryOrder(transaction, profiles, campaign, deviceId, at);
  await transaction
    .updateTable("campaign_devices")
    .set("updateId" in outcome ? { update_id: outcome.updateId } : { refusal: outcome.refusal })
    .where("campaign_id", "=", campaign.id)
    .where("device_id", "=", deviceId)
    .execute();
  return outcome;
}

/** Orders for one device what a running campaign holds for it, ahead of its wave. */
export async function orderAsked(parts: RolloutParts, deviceId: string): Promise<void> {
  const at = parts.now();
  const updateId = await parts.db.transaction().execute(async (transaction) => {
    const campaign = await transaction
      .selectFrom("campaign_devices")
      .innerJoin("campaigns", "campaigns.id", "campaign_devices.campaign_id")
      .innerJoin("devices", "devices.id", "campaign_devices.device_id")
      .selectAll("campaigns")
      .select(["campaign_devices.device_id", "devices.provider"])
      .where("device_id", "=", deviceId)
      .where("campaigns.state", "=", "running")
      .where("update_id", "is", null)
      .where("refusal", "is", null)
      .orderBy("campaigns.created_at", "desc")
      .forUpdate("campaign_devices")
      .executeTakeFirst();
    const outcome = campaign
      ? await answerAsked(transaction, parts, campaign, at)
      : "nothing is offered to it";
    await appendAudit(transaction, {
      actor: "device",
      action: "ask-for-firmware",
      deviceId,
      detail: {
        campaignId: campaign?.id ?? null,
        ...(typeof outcome === "string" ? { reason: outcome } : outcome),
      },
    });
    return typeof outcome === "string" ? undefined : outcome.updateId;
  });
  if (updateId !== undefined) parts.bus.publish({ type: "update", deviceId, updateId, state: "requested" });
}

/** @returns the update, or why there is none in words */
async function answerAsked(
  transaction: Transaction<Database>,
  { profiles, gate }: RolloutParts,
  campaign: CampaignRow & CampaignDevice,
  at: Date,
): Promise<{ updateId: string } | string> {
  const obstacle = await obstacleOf(transaction, campaign.image_id, gate);
  if (obstacle !== undefined) return obstacle;
  if (!campaign.urgent && isUnannounced(profiles, campaign.provider, campaign.announced_at, at))
    return "the terms want its customer told before";
  const outcome = await orderOne(transaction, profiles, campaign, campaign.device_id, at);
  return "updateId" in outcome ? outcome : outcome.refusal;
}

/** The terms may want the customer told so many working days before (CALLR 13.1(5)). */
function isUnannounced(profiles: Profiles, providerId: string | null, announcedAt: Date, at: Date): boolean {
  const rule = providerId === null ? undefined : profiles.providers.get(providerId)?.rules.maintenance;
  return rule?.noticeWorkingDays !== undefined && noticeEnd(rule, announcedAt) > at;
}

async function tryOrder(
  transaction: Transaction<Database>,
  profiles: Profiles,
  campaign: CampaignRow,
  deviceId: string,
  at: Date,
): Promise<{ updateId: string } | { refusal: string }> {
  const request = {
    deviceId,
    imageId: campaign.image_id,
    force: campaign.forced,
    urgent: campaign.urgent,
    ...(campaign.deadline_hours !== null && { deadlineHours: campaign.deadline_hours }),
    requestedBy: campaign.requested_by,
  };
  await sql`savepoint one_device`.execute(transaction);
  try {
    const updateId = await orderUpdate(transaction, profiles, request, at);
    await sql`release savepoint one_device`.execute(transaction);
    return { updateId };
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error;
    await sql`rollback to savepoint one_device`.execute(transaction);
    return { refusal: error.message };
  }
}

/** Why the image may not be ordered any more: then the devices that are left wait, and are not passed over. */
export async function obstacleOf(
  transaction: Transaction<Database>,
  imageId: string,
  gate: ImageGate,
): Promise<string | undefined> {
  const image = await transaction
    .selectFrom("firmware_images")
    .select(["version", "sha256"])
    .where("id", "=", imageId)
    .executeTakeFirstOrThrow();
  try {
    await gate(image);
    return undefined;
  } catch (error) {
    if (error instanceof ApiProblem) return error.message;
    throw error;
  }
}
