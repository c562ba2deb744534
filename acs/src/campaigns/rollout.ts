import { createHash, randomUUID } from "node:crypto";
import { sql, type Transaction } from "kysely";
import { ApiProblem, notFound } from "../api/problem.ts";
import type { NewCampaign } from "../api/schemas.ts";
import { appendAudit } from "../audit/audit.ts";
import type { CampaignState, Database } from "../store/database.ts";
import { advanceAll, setState, type RolloutParts } from "./advance.ts";
import { orderAsked } from "./give.ts";
import type { ImageGate } from "./order.ts";
import { wavesOf } from "./waves.ts";

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
  /**
   * A device asks for firmware by itself: what a running campaign holds for it comes now, and not with its wave. Nothing else is
   * given away: an image that nobody offered may be on trial with one box.
   */
  ask(deviceId: string): Promise<void>;
  /** Takes every running campaign a step further; called by the clock and whenever an update ends. */
  advance(): Promise<void>;
  /** Looks by the clock, too, until it is stopped. */
  start(): { stop(): Promise<void> };
};

const lookEveryMs = 30_000;

export function createRollouts(parts: RolloutParts): Rollouts {
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
      const id = await db
        .transaction()
        .execute((transaction) => create(transaction, order, actor, now(), parts.gate));
      await advance();
      return id;
    },
    async steer(id, to, actor) {
      await db.transaction().execute((transaction) => steer(transaction, id, to, actor, now()));
      await advance();
    },
    ask: (deviceId) => orderAsked(parts, deviceId),
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
  gate: ImageGate,
): Promise<string> {
  const id = randomUUID();
  const image = await transaction
    .selectFrom("firmware_images")
    .select(["id", "version", "hardware", "sha256"])
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
  await gate(image);
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
  await setState(transaction, id, to, null, at);
  await appendAudit(transaction, {
    actor,
    action: `campaign-${to}`,
    detail: { campaignId: id, from: row.state },
  });
}
