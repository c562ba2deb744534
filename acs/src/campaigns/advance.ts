import type { Profiles } from "@tonalite/device-profiles";
import { sql, type Kysely, type Transaction } from "kysely";
import { appendAudit } from "../audit/audit.ts";
import type { EventBus } from "../events.ts";
import type { Log } from "../log.ts";
import type { CampaignState, Database } from "../store/database.ts";
import { actOnUpdate } from "./acts.ts";
import { type CampaignRow, obstacleOf, orderSome } from "./give.ts";
import type { ImageGate } from "./order.ts";
import { judgeWave } from "./waves.ts";

/** What campaigns work with. */
export type RolloutParts = {
  db: Kysely<Database>;
  bus: EventBus;
  profiles: Profiles;
  wake: (deviceId: string) => void;
  /** What no box would take is not ordered. */
  gate: ImageGate;
  log: Log;
  now: () => Date;
};

/** Puts a campaign into a state; in `finished`, `cancelled` and `aborted` it orders nothing more. */
export async function setState(
  transaction: Transaction<Database>,
  id: string,
  state: CampaignState,
  reason: string | null,
  at: Date,
): Promise<void> {
  const over = state === "finished" || state === "cancelled" || state === "aborted";
  await transaction
    .updateTable("campaigns")
    .set({ state, reason, updated_at: at, finished_at: over ? at : null })
    .where("id", "=", id)
    .execute();
}

/** Takes every running campaign as far as it may go now. */
export async function advanceAll(parts: RolloutParts): Promise<void> {
  const running = await parts.db
    .selectFrom("campaigns")
    .select("id")
    .where("state", "=", "running")
    .execute();
  for (const { id } of running) while (await advanceOne(parts, id));
}

/** One step. @returns whether the next one may be taken at once */
async function advanceOne(parts: RolloutParts, id: string): Promise<boolean> {
  const at = parts.now();
  const ordered: { deviceId: string; updateId: string }[] = [];
  const stopped: string[] = [];
  const again = await parts.db.transaction().execute(async (transaction) => {
    // Another ACS process may be at it: then it is in good hands.
    const campaign = await transaction
      .selectFrom("campaigns")
      .selectAll()
      .where("id", "=", id)
      .where("state", "=", "running")
      .forUpdate()
      .skipLocked()
      .executeTakeFirst();
    if (!campaign) return false;
    const facts = await waveFacts(transaction, id, campaign.wave);
    const verdict = judgeWave({
      ...facts,
      wave: campaign.wave,
      waves: campaign.waves.length,
      abortPercent: campaign.abort_percent,
      pauseHours: campaign.pause_hours,
      now: at,
    });
    if (verdict.go === "wait") return false;
    if (verdict.go === "order") {
      const obstacle = await obstacleOf(transaction, campaign.image_id, parts.gate);
      if (obstacle !== undefined) {
        await pause(transaction, campaign, obstacle, at);
        return false;
      }
      const { settled, updates } = await orderSome(transaction, parts.profiles, campaign, at);
      ordered.push(...updates);
      return settled > 0;
    }
    if (verdict.go === "next-wave") {
      await transaction
        .updateTable("campaigns")
        .set({ wave: campaign.wave + 1, updated_at: at })
        .where("id", "=", id)
        .execute();
      return true;
    }
    const [state, reason] =
      verdict.go === "abort" ? (["aborted", verdict.reason] as const) : (["finished", null] as const);
    if (reason !== null) stopped.push(...(await takeBack(transaction, id, reason, at)));
    await setState(transaction, id, state, reason, at);
    await appendAudit(transaction, {
      actor: "campaign",
      action: `campaign-${state}`,
      detail: { campaignId: id, wave: campaign.wave, ...(reason !== null && { reason }) },
    });
    return false;
  });
  for (const deviceId of stopped) parts.wake(deviceId);
  for (const { deviceId, updateId } of ordered) {
    parts.bus.publish({ type: "update", deviceId, updateId, state: "requested" });
    parts.wake(deviceId);
  }
  return again;
}

async function pause(
  transaction: Transaction<Database>,
  { id, wave }: Pick<CampaignRow, "id" | "wave">,
  reason: string,
  at: Date,
): Promise<void> {
  await setState(transaction, id, "paused", reason, at);
  await appendAudit(transaction, {
    actor: "campaign",
    action: "campaign-paused",
    detail: { campaignId: id, wave, reason },
  });
}

/** Takes back every update of an aborted campaign that has not begun its trial. @returns the devices to be told */
async function takeBack(
  transaction: Transaction<Database>,
  id: string,
  reason: string,
  at: Date,
): Promise<string[]> {
  const open = await transaction
    .selectFrom("campaign_devices")
    .innerJoin("updates", "updates.id", "campaign_devices.update_id")
    .where("campaign_id", "=", id)
    .where("updates.finished_at", "is", null)
    .select(["updates.id", "updates.device_id"])
    .execute();
  for (const update of open)
    await actOnUpdate(transaction, update.id, "cancel", { actor: "campaign", reason }, at);
  return open.map((update) => update.device_id);
}

async function waveFacts(transaction: Transaction<Database>, id: string, wave: number) {
  const row = await transaction
    .selectFrom("campaign_devices")
    .leftJoin("updates", "updates.id", "campaign_devices.update_id")
    .where("campaign_id", "=", id)
    .where("wave", "=", wave)
    .select([
      sql<number>`count(*)`.as("devices"),
      sql<number>`count(*) filter (where update_id is null and refusal is null)`.as("left"),
      sql<number>`count(*) filter (where update_id is not null and updates.finished_at is null)`.as("open"),
      sql<number>`count(*) filter (where updates.state = 'committed')`.as("committed"),
      sql<number>`count(*) filter (where updates.state in ('rolled-back', 'rejected', 'failed'))`.as(
        "failed",
      ),
      sql<Date | null>`max(updates.finished_at)`.as("lastEndedAt"),
    ])
    .executeTakeFirstOrThrow();
  return row;
}
