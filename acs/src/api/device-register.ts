import { endpointIdOf } from "@tonalite/agent/core/usp";
import { sql, type Kysely, type Transaction } from "kysely";
import type { z } from "zod";
import type { Actor } from "../accounts/accounts.ts";
import { appendAudit } from "../audit/audit.ts";
import { deviceIdOf } from "../devices/identity.ts";
import { cwmpHa1, generatePassword } from "../secrets/credentials.ts";
import type { Database } from "../store/database.ts";
import { assertPorts, assertProfiles } from "./profile-check.ts";
import { ApiProblem } from "./problem.ts";
import type { NewDevice } from "./schemas.ts";
import type { Services } from "./services.ts";

export type Registered = { id: string; credentials: { cwmpUsername: string; cwmpPassword: string } };

/**
 * Registers a device before it calls for the first time.
 * @returns its credentials, in clear this once
 * @throws ApiProblem `conflict` when the device, its endpoint id or its user name exists; `unprocessable`
 */
export async function registerDevice(
  services: Services,
  wanted: z.output<typeof NewDevice>,
  actor: Actor,
): Promise<Registered> {
  const registered = await services.db
    .transaction()
    .execute((transaction) => registerDeviceIn(transaction, services, wanted, actor));
  services.bus.publish({ type: "device", deviceId: registered.id, what: "registered" });
  return registered;
}

/** As `registerDevice`, as a part of something larger; the caller tells the bus afterwards. */
export async function registerDeviceIn(
  transaction: Transaction<Database>,
  services: Services,
  wanted: z.output<typeof NewDevice>,
  actor: Actor,
): Promise<Registered> {
  const { profiles } = services;
  assertProfiles(profiles, wanted);
  assertPorts(profiles, wanted.profile, wanted.lines);
  const id = deviceIdOf(wanted);
  if (id.length > 256)
    throw new ApiProblem(
      "unprocessable",
      "The product class and serial number are too long together.",
      "Use at most 64 plain characters each.",
    );
  const credentials = {
    cwmpUsername: wanted.cwmpUsername ?? id,
    cwmpPassword: wanted.cwmpPassword ?? generatePassword(),
  };
  await assertFree(transaction, id, wanted, credentials.cwmpUsername);
  await insertDevice(transaction, services, id, wanted, credentials);
  await appendAudit(transaction, {
    actor: actor.name,
    action: "register-device",
    deviceId: id,
    detail: {
      profile: wanted.profile,
      provider: wanted.provider,
      region: wanted.region,
      lines: wanted.lines.map((one) => one.line),
    },
  });
  return { id, credentials };
}

async function assertFree(
  transaction: Transaction<Database>,
  id: string,
  wanted: { oui: string; serialNumber: string },
  username: string,
): Promise<void> {
  // Two registrations of one device must not both find it free.
  await sql`select pg_advisory_xact_lock(hashtext(${`register ${id}`}))`.execute(transaction);
  const taken = await findTaken(transaction, id, endpointIdOf(wanted.oui, wanted.serialNumber), username);
  if (!taken) return;
  if (taken.id === id)
    throw new ApiProblem(
      "conflict",
      `Device ${id} is registered already.`,
      `Change it with PATCH /api/devices/${encodeURIComponent(id)}.`,
    );
  throw new ApiProblem(
    "conflict",
    taken.cwmp_username === username
      ? `The CWMP user name "${username}" belongs to device ${taken.id}.`
      : `Device ${taken.id} has the same OUI and serial number, so the same USP endpoint.`,
    "Use another user name or serial number.",
  );
}

async function findTaken(db: Kysely<Database>, id: string, endpointId: string, username: string) {
  return db
    .selectFrom("devices")
    .select(["id", "cwmp_username"])
    .where((row) =>
      row.or([row("id", "=", id), row("cwmp_username", "=", username), row("endpoint_id", "=", endpointId)]),
    )
    .limit(1)
    .executeTakeFirst();
}

async function insertDevice(
  transaction: Transaction<Database>,
  { sealer }: Services,
  id: string,
  wanted: z.output<typeof NewDevice>,
  { cwmpUsername, cwmpPassword }: Registered["credentials"],
): Promise<void> {
  await transaction
    .insertInto("devices")
    .values({
      id,
      oui: wanted.oui,
      product_class: wanted.productClass,
      serial_number: wanted.serialNumber,
      endpoint_id: endpointIdOf(wanted.oui, wanted.serialNumber),
      profile: wanted.profile,
      provider: wanted.provider,
      region: wanted.region,
      label: wanted.label ?? null,
      cwmp_username: cwmpUsername,
      cwmp_ha1: JSON.stringify(cwmpHa1(cwmpUsername, cwmpPassword)),
      cwmp_password_sealed: sealer.seal(cwmpPassword),
      created_at: new Date(),
    })
    .execute();
  if (wanted.lines.length === 0) return;
  await transaction
    .insertInto("lines")
    .values(
      wanted.lines.map((account) => ({
        device_id: id,
        line: account.line,
        directory_number: account.directoryNumber,
        sip_user: account.sipUser,
        auth_user: account.authUser ?? null,
        sip_password_sealed: sealer.seal(account.sipPassword),
        domain: account.domain,
        proxy_host: account.proxyHost ?? null,
        proxy_port: account.proxyPort ?? null,
        enabled: account.enabled,
      })),
    )
    .execute();
}
