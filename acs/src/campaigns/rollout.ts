import { createHash, randomUUID } from "node:crypto";
import { noticeEnd, type Profiles } from "@tonalite/device-profiles";
import { sql, type Kysely, type Transaction } from "kysely";
import { ApiProblem, notFound } from "../api/problem.ts";
import type { NewCampaign } from "../api/schemas.ts";
import { appendAudit } from "../audit/audit.ts";
import type { EventBus } from "../events.ts";
import type { Log } from "../log.ts";
import type { CampaignState, Database } from "../store/database.ts";
import { actOnUpdate } from "./acts.ts";
import { orderUpdate } from "./order.ts";
import { judgeWave, wavesOf } from "./waves.ts";

/** Campaigns: an image for many devices, in waves. */
export type Rollouts = {
  /**
   * Chooses the devices and begins with the first wave.
   * @returns its id
   * @throws ApiProblem `not-found`, `unprocessable`
   */
  create(order: NewCampaign, actor: string): Promise<string>;
  /** @throws ApiProblem `not-found`, `conflict` */
  steer(id: string, to: "paused" | "running" | "cancelled", actor: string): Promise<void>;
  /** Takes every running campaign a step further; called by the clock and whenever an update ends. */
  advance(): Promise<void>;
  /** Looks by the clock, too, until it is stopped. */
  start(): { stop(): Promise<void> };
};

type Parts = {
  db: Kysely<Database>;
  bus: EventBus;
  profiles: Profiles;
  wake: (deviceId: string) => void;
  log: Log;
  now: () => Date;
};

// A step orders so many at once: a fleet must not call all in the same minute.
const orderedAtOnce = 50;
const lookEveryMs = 30_000;

export function createRollouts(parts: Parts): Rollouts {
  const { db, bus, log, now } = parts;
  let stepping: Promise<void> = Promise.resolve();
  const advance = (): Promise<void> => {
    stepping = stepping
      .then(() => advanceAll(parts))
      .catch((error: unknown) =>
        log.warn({ err: String(error) }, "campaigns did not get on; they are looked at again"),
      );
    return stepping;
  };
  return {
    async create(order, actor) {
      const id = await db.transaction().execute((transaction) => create(transaction, order, actor, now()));
      await advance();
      return id;
    },
    async steer(id, to, actor) {
      await db.transaction().execute((transaction) => steer(transaction, id, to, actor, now()));
      await advance();
    },
    advance,
    start() {
      const timer = setInterval(() => void advance(), lookEveryMs);
      const unsubscribe = bus.subscribe((event) => {
        if (event.type === "update") void advance();
      });
      void advance();
      return {
        async stop() {
          clearInterval(timer);
          unsubscribe();
          await stepping;
        },
      };
    },
  };
}

async function create(
  transaction: Transaction<Database>,
  order: NewCampaign,
  actor: string,
  at: Date,
): Promise<string> {
  const id = randomUUID();
  const image = await transaction
    .selectFrom("firmware_images")
    .select(["id", "version", "hardware"])
    .where("id", "=", order.imageId)
    .executeTakeFirst();
  if (!image) throw notFound(`firmware image ${order.imageId}`, "GET /api/firmware lists the images.");
  const { provider, devices: named } = order.select ?? {};
  let chosen = transaction
    .selectFrom("devices")
    .select("id")
    .where("profile", "in", image.hardware)
    .where(sql<boolean>`software_version is distinct from ${image.version}`);
  if (provider !== undefined) chosen = chosen.where("provider", "=", provider);
  if (named !== undefined) chosen = chosen.where("id", "in", named.length === 0 ? [""] : named);
  const ids = (await chosen.execute()).map((device) => device.id);
  if (ids.length === 0)
    throw new ApiProblem(
      "unprocessable",
      `No device of ${image.hardware.join(", ")} is chosen that does not run version ${image.version} already.`,
      "Choose other devices or another image.",
    );
  // By lot, and the same lot whenever it is asked again: neighbours in the list are neighbours in the field.
  const lot = (device: string): string => createHash("sha256").update(`${id}/${device}`).digest("hex");
  ids.sort((one, other) => (lot(one) < lot(other) ? -1 : 1));
  const waves = wavesOf(ids.length, order.waves);
  await transaction
    .insertInto("campaigns")
    .values({
      id,
      name: order.name,
      image_id: image.id,
      forced: order.force,
      urgent: order.urgent,
      deadline_hours: order.deadlineHours ?? null,
      waves: order.waves,
      pause_hours: order.pauseHours,
      abort_percent: order.abortPercent,
      announced_at: order.announcedAt ?? at,
      state: "running",
      requested_by: actor,
      created_at: at,
      updated_at: at,
    })
    .execute();
  await sql`insert into campaign_devices (campaign_id, device_id, wave)
    select ${id}, * from unnest(${ids}::text[], ${waves}::integer[])`.execute(transaction);
  await appendAudit(transaction, {
    actor,
    action: "create-campaign",
    detail: {
      campaignId: id,
      name: order.name,
      version: image.version,
      devices: ids.length,
      waves: order.waves,
    },
  });
  return id;
}

async function steer(
  transaction: Transaction<Database>,
  id: string,
  to: "paused" | "running" | "cancelled",
  actor: string,
  at: Date,
): Promise<void> {
  const row = await transaction
    .selectFrom("campaigns")
    .select("state")
    .where("id", "=", id)
    .forUpdate()
    .executeTakeFirst();
  if (!row) throw notFound(`campaign ${id}`, "GET /api/campaigns lists the campaigns.");
  const from: readonly CampaignState[] = to === "running" ? ["paused", "aborted"] : ["running", "paused"];
  if (!from.includes(row.state))
    throw new ApiProblem(
      "conflict",
      `The campaign is ${row.state}: it cannot be ${to}.`,
      "GET /api/campaigns/{id} says how it stands.",
    );
  await end(transaction, id, to, null, at);
  await appendAudit(transaction, {
    actor,
    action: `campaign-${to}`,
    detail: { campaignId: id, from: row.state },
  });
}

async function end(
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

async function advanceAll(parts: Parts): Promise<void> {
  const running = await parts.db
    .selectFrom("campaigns")
    .select("id")
    .where("state", "=", "running")
    .execute();
  for (const { id } of running) while (await advanceOne(parts, id));
}

/** One step. @returns whether the next one may be taken at once */
async function advanceOne(parts: Parts, id: string): Promise<boolean> {
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
    await end(transaction, id, state, reason, at);
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

type CampaignRow = {
  id: string;
  image_id: string;
  wave: number;
  forced: boolean;
  urgent: boolean;
  deadline_hours: number | null;
  announced_at: Date;
  requested_by: string;
};

/** Orders for the next devices of the wave; one that may not have the image is passed over with the reason. */
async function orderSome(
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
    const outcome = await tryOrder(transaction, profiles, campaign, deviceId, at);
    if ("updateId" in outcome) updates.push({ deviceId, updateId: outcome.updateId });
    await transaction
      .updateTable("campaign_devices")
      .set("updateId" in outcome ? { update_id: outcome.updateId } : { refusal: outcome.refusal })
      .where("campaign_id", "=", campaign.id)
      .where("device_id", "=", deviceId)
      .execute();
  }
  return { settled, updates };
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
