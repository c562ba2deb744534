import type { Transaction } from "kysely";
import type { Actor } from "../accounts/accounts.ts";
import { appendAudit } from "../audit/audit.ts";
import type { Sealer } from "../secrets/seal.ts";
import type { Database } from "../store/database.ts";
import { maintenanceClause } from "../terms/provider-terms.ts";
import { noDevice } from "./device-view.ts";
import { ApiProblem } from "./problem.ts";
import { assertNoSecrets, assertPorts, assertProfiles } from "./profile-check.ts";
import type { DevicePatch, LineChange } from "./schemas.ts";
import type { Services } from "./services.ts";

const maximumOverrides = 500;

/**
 * Changes what a device should be, then wakes it; the store counts its revision up, so that its next session plans.
 * @throws ApiProblem `not-found`, `unprocessable`
 */
export async function patchDevice(
  services: Services,
  id: string,
  patch: DevicePatch,
  actor: Actor,
): Promise<void> {
  await services.db
    .transaction()
    .execute((transaction) => patchDeviceIn(transaction, services, id, patch, actor));
  services.bus.publish({ type: "device", deviceId: id, what: "changed" });
  services.wake(id);
}

/** As `patchDevice`, as a part of something larger; the caller tells the bus and wakes the device afterwards. */
export async function patchDeviceIn(
  transaction: Transaction<Database>,
  { profiles, sealer }: Services,
  id: string,
  patch: DevicePatch,
  actor: Actor,
): Promise<void> {
  assertProfiles(profiles, patch);
  assertNoSecrets(Object.keys(patch.desired ?? {}));
  const device = await transaction
    .selectFrom("devices")
    .select(["profile", "provider", "desired"])
    .where("id", "=", id)
    .forUpdate()
    .executeTakeFirst();
  if (!device) throw noDevice(id);
  assertPorts(profiles, patch.profile ?? device.profile, patch.lines ?? []);
  const columns = {
    ...(patch.label === undefined ? {} : { label: patch.label }),
    ...(patch.profile === undefined ? {} : { profile: patch.profile }),
    ...(patch.provider === undefined ? {} : { provider: patch.provider }),
    ...(patch.region === undefined ? {} : { region: patch.region }),
    ...(patch.desired === undefined
      ? {}
      : { desired: JSON.stringify(mergeOverrides(device.desired, patch.desired)) }),
  };
  if (Object.keys(columns).length > 0)
    await transaction.updateTable("devices").set(columns).where("id", "=", id).execute();
  for (const change of patch.lines ?? []) await changeLine(transaction, sealer, id, change);
  await appendAudit(transaction, {
    actor: actor.name,
    action: "change-device",
    deviceId: id,
    clause: maintenanceClause(profiles, patch.provider ?? device.provider),
    detail: redact(patch),
  });
}

function mergeOverrides(
  present: Record<string, string>,
  changes: Record<string, string | null>,
): Record<string, string> {
  const merged = Object.fromEntries(
    Object.entries({ ...present, ...changes }).flatMap(([path, value]) =>
      value === null ? [] : [[path, value]],
    ),
  );
  if (Object.keys(merged).length > maximumOverrides)
    throw new ApiProblem(
      "unprocessable",
      `A device can have ${maximumOverrides} overrides at most.`,
      "Put what many devices share into a profile.",
    );
  return merged;
}

async function changeLine(
  transaction: Transaction<Database>,
  sealer: Sealer,
  deviceId: string,
  change: LineChange,
): Promise<void> {
  const known = await transaction
    .selectFrom("lines")
    .select("line")
    .where("device_id", "=", deviceId)
    .where("line", "=", change.line)
    .executeTakeFirst();
  if (change.remove) {
    await transaction
      .deleteFrom("lines")
      .where("device_id", "=", deviceId)
      .where("line", "=", change.line)
      .execute();
    return;
  }
  const columns = {
    ...(change.directoryNumber === undefined ? {} : { directory_number: change.directoryNumber }),
    ...(change.sipUser === undefined ? {} : { sip_user: change.sipUser }),
    ...(change.authUser === undefined ? {} : { auth_user: change.authUser }),
    ...(change.sipPassword === undefined ? {} : { sip_password_sealed: sealer.seal(change.sipPassword) }),
    ...(change.domain === undefined ? {} : { domain: change.domain }),
    ...(change.proxyHost === undefined ? {} : { proxy_host: change.proxyHost }),
    ...(change.proxyPort === undefined ? {} : { proxy_port: change.proxyPort }),
    ...(change.enabled === undefined ? {} : { enabled: change.enabled }),
  };
  if (known) {
    if (Object.keys(columns).length === 0) return;
    await transaction
      .updateTable("lines")
      .set(columns)
      .where("device_id", "=", deviceId)
      .where("line", "=", change.line)
      .execute();
    return;
  }
  const missing = (["directoryNumber", "sipUser", "sipPassword", "domain"] as const).filter(
    (field) => change[field] === undefined,
  );
  if (missing.length > 0)
    throw new ApiProblem(
      "unprocessable",
      `Line ${change.line} does not exist yet and needs a whole account.`,
      `Give it ${missing.join(", ")} as well.`,
      {
        errors: missing.map((field) => ({ path: `body.lines.${field}`, message: "missing" })),
      },
    );
  await transaction
    .insertInto("lines")
    .values({ device_id: deviceId, line: change.line, ...columns })
    .execute();
}

/** What the audit log keeps of a change: everything but the secrets themselves. */
function redact(patch: DevicePatch): Record<string, unknown> {
  const lines = patch.lines?.map(({ sipPassword, ...line }) =>
    sipPassword === undefined ? line : { ...line, sipPassword: "changed" },
  );
  return { ...patch, ...(lines === undefined ? {} : { lines }) };
}
