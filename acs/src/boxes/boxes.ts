import { sql, type Transaction } from "kysely";
import type { z } from "zod";
import type { Actor } from "../accounts/accounts.ts";
import { patchDeviceIn } from "../api/device-patch.ts";
import { registerDeviceIn, type Registered } from "../api/device-register.ts";
import { ApiProblem, notFound } from "../api/problem.ts";
import type { BoxOrder, BoxReport, ClaimedBox, NewBox } from "../api/schemas.ts";
import type { Services } from "../api/services.ts";
import { appendAudit } from "../audit/audit.ts";
import { deviceIdOf } from "../devices/identity.ts";
import { cwmpHa1, generatePassword } from "../secrets/credentials.ts";
import type { Database } from "../store/database.ts";
import { issueClaimCode, normalClaimCode } from "./claim-code.ts";

/**
 * Gives a factory station a box to make: registers the device, or, when the box was made before and not ordered, gives it
 * new secrets (what an old label says is void then).
 * @throws ApiProblem `conflict` for a box that a subscriber has, a serial number of another kind of device, a MAC in use
 */
export async function claimBox(
  services: Services,
  wanted: z.output<typeof NewBox>,
  actor: Actor,
): Promise<ClaimedBox> {
  const claimCode = issueClaimCode();
  const { id, serialNumber, credentials } = await services.db.transaction().execute(async (transaction) => {
    const serial = wanted.serialNumber ?? (await nextSerial(transaction));
    const deviceId = deviceIdOf({ ...wanted, serialNumber: serial });
    const before = await transaction
      .selectFrom("boxes")
      .select("state")
      .where("device_id", "=", deviceId)
      .forUpdate()
      .executeTakeFirst();
    if (before?.state === "ordered")
      throw new ApiProblem(
        "conflict",
        `Box ${deviceId} belongs to a subscriber's order.`,
        "Take it back with DELETE /api/devices/{id}/box/order before making it anew.",
      );
    await assertMacFree(transaction, wanted.mac, deviceId);
    const registered = before
      ? await renewCredentials(transaction, services, deviceId)
      : await registerDeviceIn(transaction, services, { ...wanted, serialNumber: serial, lines: [] }, actor);
    const columns = {
      mac: wanted.mac,
      claim_fingerprint: services.sealer.fingerprint(claimCode),
      station: actor.name,
      state: "making",
      report: null,
      certificate: null,
      reported_at: null,
    } as const;
    await transaction
      .insertInto("boxes")
      .values({ device_id: deviceId, ...columns })
      .onConflict((conflict) => conflict.column("device_id").doUpdateSet(columns))
      .execute();
    await appendAudit(transaction, {
      actor: actor.name,
      action: "claim-box",
      deviceId,
      detail: { mac: wanted.mac, again: before !== undefined },
    });
    return { ...registered, serialNumber: serial };
  });
  services.bus.publish({ type: "device", deviceId: id, what: "registered" });
  return { deviceId: id, serialNumber, credentials, claimCode };
}

// `TN`, two digits of the year, seven of a counter that never goes back.
async function nextSerial(transaction: Transaction<Database>): Promise<string> {
  const { rows } = await sql<{
    serial: string;
  }>`select 'TN' || to_char(now(), 'YY') || lpad(nextval('box_serials')::text, 7, '0') as serial`.execute(
    transaction,
  );
  const serial = rows[0]?.serial;
  if (serial === undefined) throw new Error("the store gave no serial number");
  return serial;
}

async function assertMacFree(
  transaction: Transaction<Database>,
  mac: string,
  deviceId: string,
): Promise<void> {
  const other = await transaction
    .selectFrom("boxes")
    .select("device_id")
    .where("mac", "=", mac)
    .where("device_id", "<>", deviceId)
    .executeTakeFirst();
  if (other)
    throw new ApiProblem(
      "conflict",
      `The MAC address ${mac} belongs to box ${other.device_id}.`,
      "Read the address off the board again, or give the next free one.",
    );
}

async function renewCredentials(
  transaction: Transaction<Database>,
  { sealer }: Services,
  id: string,
): Promise<Registered> {
  const { cwmp_username } = await transaction
    .selectFrom("devices")
    .select("cwmp_username")
    .where("id", "=", id)
    .executeTakeFirstOrThrow();
  const credentials = { cwmpUsername: cwmp_username ?? id, cwmpPassword: generatePassword() };
  const { cwmpUsername, cwmpPassword } = credentials;
  await transaction
    .updateTable("devices")
    .set({
      cwmp_username: cwmpUsername,
      cwmp_ha1: JSON.stringify(cwmpHa1(cwmpUsername, cwmpPassword)),
      cwmp_password_sealed: sealer.seal(cwmpPassword),
    })
    .where("id", "=", id)
    .execute();
  return { id, credentials };
}

/**
 * Keeps what the station found; a box whose test passed is ready for an order.
 * @throws ApiProblem `not-found`, `conflict` for a box that a subscriber has already
 */
export async function reportBox(
  { db, bus }: Services,
  id: string,
  { outcome, certificate, report }: z.output<typeof BoxReport>,
  actor: Actor,
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const changed = await transaction
      .updateTable("boxes")
      .set({
        state: outcome,
        report: JSON.stringify(report),
        certificate: certificate ?? null,
        reported_at: new Date(),
      })
      .where("device_id", "=", id)
      .where("state", "<>", "ordered")
      .returning("device_id")
      .executeTakeFirst();
    if (!changed) throw await noSuchBox(transaction, id);
    await appendAudit(transaction, {
      actor: actor.name,
      action: "report-box",
      deviceId: id,
      detail: { outcome },
    });
  });
  bus.publish({ type: "device", deviceId: id, what: "changed" });
}

/**
 * Gives a ready box to a subscriber, by the code on its label.
 * @throws ApiProblem `not-found` for a code that is none, `conflict` for a box that is not ready, `unprocessable`
 */
export async function orderBox(
  services: Services,
  { claimCode, label, lines }: z.output<typeof BoxOrder>,
  actor: Actor,
): Promise<string> {
  const code = normalClaimCode(claimCode);
  const unknown = notFound("box with this claim code", "Read the twelve characters off the label again.");
  if (code === undefined) throw unknown;
  const id = await services.db.transaction().execute(async (transaction) => {
    const box = await transaction
      .selectFrom("boxes")
      .select(["device_id", "state"])
      .where("claim_fingerprint", "=", services.sealer.fingerprint(code))
      .forUpdate()
      .executeTakeFirst();
    if (!box) throw unknown;
    if (box.state !== "ready")
      throw new ApiProblem(
        "conflict",
        `Box ${box.device_id} is ${box.state}, not ready.`,
        remedies[box.state],
      );
    await transaction
      .updateTable("boxes")
      .set({ state: "ordered", ordered_at: new Date() })
      .where("device_id", "=", box.device_id)
      .execute();
    const patch = { lines, ...(label === undefined ? {} : { label }) };
    await patchDeviceIn(transaction, services, box.device_id, patch, actor);
    await appendAudit(transaction, {
      actor: actor.name,
      action: "order-box",
      deviceId: box.device_id,
      detail: {},
    });
    return box.device_id;
  });
  services.bus.publish({ type: "device", deviceId: id, what: "changed" });
  services.wake(id);
  return id;
}

const remedies = {
  making: "Wait for the station's test report.",
  faulty: "Take another box; this one goes back to the station.",
  ordered: "Take another box; this one is a subscriber's.",
} as const;

/**
 * Takes a box back from its order: its lines and label go, and a station can make it anew. The device and its records stay.
 * @throws ApiProblem `not-found`, `conflict` for a box without an order
 */
export async function takeBackBox(services: Services, id: string, actor: Actor): Promise<void> {
  await services.db.transaction().execute(async (transaction) => {
    const changed = await transaction
      .updateTable("boxes")
      .set({ state: "faulty", ordered_at: null })
      .where("device_id", "=", id)
      .where("state", "=", "ordered")
      .returning("device_id")
      .executeTakeFirst();
    if (!changed) throw await noSuchBox(transaction, id);
    const lines = await transaction.selectFrom("lines").select("line").where("device_id", "=", id).execute();
    // The label names the subscriber as a rule, and goes with the lines.
    const patch = { label: null, lines: lines.map(({ line }) => ({ line, remove: true as const })) };
    await patchDeviceIn(transaction, services, id, patch, actor);
    await appendAudit(transaction, {
      actor: actor.name,
      action: "take-back-box",
      deviceId: id,
      detail: {},
    });
  });
  services.bus.publish({ type: "device", deviceId: id, what: "changed" });
  services.wake(id);
}

const following = {
  ...remedies,
  ready: "It has no order: nothing is to be taken back.",
  ordered: "Take it back with DELETE /api/devices/{id}/box/order first.",
} as const;

async function noSuchBox(transaction: Transaction<Database>, id: string): Promise<ApiProblem> {
  const { state } = (await transaction
    .selectFrom("boxes")
    .select("state")
    .where("device_id", "=", id)
    .executeTakeFirst()) ?? { state: undefined };
  return state === undefined
    ? notFound(`box ${id}`, "A factory station claims it with POST /api/boxes.")
    : new ApiProblem("conflict", `Box ${id} is ${state}.`, following[state]);
}
