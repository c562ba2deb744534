import { randomUUID } from "node:crypto";
import { sql, type Transaction } from "kysely";
import { ApiProblem, notFound } from "../api/problem.ts";
import { appendAudit } from "../audit/audit.ts";
import type { Database } from "../store/database.ts";
import { bringsOrder, recallKeyPath } from "./orders.ts";
import { knows, newCommandKey, refuseSecond } from "./order.ts";
import { isFinal } from "./states.ts";

/** What the management may do to an update that it ordered. */
export type UpdateAct = "cancel" | "agree" | "confirm" | "recall";

const base = "Device.X_TONALITE_Update.";

type Row = {
  id: string;
  device_id: string;
  command_key: string;
  state: string;
  version: string;
  clause: string | null;
  software_version: string | null;
  image_id: string;
  kind: "install" | "recall";
  provider: string | null;
};

/** When each act can be done at all; why not, in words. The device has the last word. */
const refusals: Record<UpdateAct, (row: Row) => string | undefined> = {
  cancel: ({ state }) => (isFinal(state) ? `The update is over (${state}).` : undefined),
  agree: ({ state }) => (isFinal(state) ? `The update is over (${state}).` : undefined),
  confirm: ({ state }) => (state === "trial" ? undefined : `The image is not on trial (${state}).`),
  recall({ kind, state, version, software_version }) {
    if (kind === "recall") return "It is a recall itself: order the update anew.";
    if (state === "trial" || state === "committing") return undefined;
    if (state !== "committed") return `The update did not bring the image into use (${state}).`;
    return software_version === version
      ? undefined
      : `The device runs version ${software_version ?? "unknown"}, not ${version}.`;
  },
};

const auditWords: Record<UpdateAct, string> = {
  cancel: "cancel-update",
  agree: "agree-to-update",
  confirm: "confirm-update",
  recall: "recall-update",
};

/**
 * Hands an act to the device, with its audit entry. An update whose order has not gone out yet ends here.
 * @returns the update's state where it changed at once; and the update that tells how the act goes on: a recall from a
 * committed image has one of its own, others tell of themselves
 * @throws ApiProblem `not-found`, `conflict`
 */
export async function actOnUpdate(
  transaction: Transaction<Database>,
  updateId: string,
  act: UpdateAct,
  { actor, reason }: { actor: string; reason: string },
  at: Date,
): Promise<{ deviceId: string; updateId: string; state: string | null }> {
  const row = await transaction
    .selectFrom("updates")
    .innerJoin("firmware_images", "firmware_images.id", "updates.image_id")
    .innerJoin("devices", "devices.id", "updates.device_id")
    .select([
      "updates.id",
      "updates.device_id",
      "updates.command_key",
      "updates.state",
      "updates.clause",
      "updates.image_id",
      "updates.kind",
      "updates.provider",
      "firmware_images.version",
      "devices.software_version",
    ])
    .where("updates.id", "=", updateId)
    .forUpdate("updates")
    .executeTakeFirst();
  if (!row) throw notFound(`update ${updateId}`, "GET /api/devices/{id}/updates lists a device's updates.");
  const refused = refusals[act](row);
  if (refused !== undefined)
    throw new ApiProblem("conflict", refused, `GET /api/updates/${updateId} says how it stands.`);
  const recall = act === "recall" ? await followRecall(transaction, row, actor, at) : undefined;
  const withdrawn = act === "cancel" && (await withdraw(transaction, row, reason, at));
  if (!withdrawn)
    await transaction
      .insertInto("commands")
      .values({
        id: randomUUID(),
        device_id: row.device_id,
        kind: "set",
        arguments: JSON.stringify({ parameters: parametersOf(act, row, reason, recall) }),
        requested_by: actor,
        clause: row.clause,
        created_at: at,
      })
      .execute();
  await appendAudit(transaction, {
    actor,
    action: auditWords[act],
    deviceId: row.device_id,
    clause: row.clause,
    detail: { updateId, version: row.version, reason, ...(recall && { recallId: recall.id }) },
  });
  const state = withdrawn ? "cancelled" : recall ? "requested" : null;
  return { deviceId: row.device_id, updateId: recall?.id ?? row.id, state };
}

/** The row that a recall is followed by. None while its image is on trial, whose own update ends then; nor for a device that cannot name it. */
async function followRecall(
  transaction: Transaction<Database>,
  row: Row,
  actor: string,
  at: Date,
): Promise<{ id: string; commandKey: string } | undefined> {
  if (row.state !== "committed" || !(await knows(transaction, row.device_id, recallKeyPath)))
    return undefined;
  await refuseSecond(transaction, row.device_id);
  const recall = { id: randomUUID(), commandKey: newCommandKey("recall") };
  await transaction
    .insertInto("updates")
    .values({
      id: recall.id,
      device_id: row.device_id,
      image_id: row.image_id,
      command_key: recall.commandKey,
      forced: true,
      clause: row.clause,
      provider: row.provider,
      state: "requested",
      requested_by: actor,
      created_at: at,
      updated_at: at,
      kind: "recall",
    })
    .execute();
  return recall;
}

function parametersOf(
  act: UpdateAct,
  { command_key, version }: Row,
  reason: string,
  recall: { commandKey: string } | undefined,
) {
  const type = "string";
  switch (act) {
    case "cancel":
      return [{ path: `${base}Cancel`, value: command_key, type }];
    case "agree":
      return [{ path: `${base}Agree`, value: command_key, type }];
    case "confirm":
      return [{ path: `${base}ConfirmTrial`, value: version, type }];
    case "recall":
      return [
        { path: `${base}RecallReason`, value: reason, type },
        ...(recall ? [{ path: recallKeyPath, value: recall.commandKey, type }] : []),
        { path: `${base}Recall`, value: version, type },
      ];
  }
  return act satisfies never;
}

/** Takes back an order that no session has handed out: then the device never hears of it. */
async function withdraw(
  transaction: Transaction<Database>,
  { id, device_id, command_key }: Row,
  reason: string,
  at: Date,
): Promise<boolean> {
  const taken = await transaction
    .updateTable("commands")
    .set({ state: "failed", done_at: at, result: JSON.stringify({ reason: "cancelled" }) })
    .where("device_id", "=", device_id)
    .where("state", "=", "pending")
    .where(bringsOrder(sql`${command_key}`))
    .executeTakeFirst();
  if (taken.numUpdatedRows === 0n) return false;
  await transaction
    .updateTable("updates")
    .set({ state: "cancelled", reason: reason || null, updated_at: at, finished_at: at })
    .where("id", "=", id)
    .execute();
  return true;
}
