import { sql, type Kysely, type Selectable } from "kysely";
import type { Database, DevicesTable, LinesTable } from "../store/database.ts";
import { notFound, type ApiProblem } from "./problem.ts";
import type { Connection, Device, DeviceSummary, Line } from "./schemas.ts";

const interval = "Device.ManagementServer.PeriodicInformInterval";

/**
 * How a device can be reached (see `Connection`). It is `quiet` when it has missed two of its periodic Informs (one
 * hour each where the interval is not known), and a minute.
 */
export const connectionOf = sql<Connection>`case
  when devices.online_usp then 'usp'
  when devices.last_inform_at is null then 'never'
  when devices.last_inform_at > now() - make_interval(secs => 60 + 2 * coalesce((
    select case when value ~ '^[1-9][0-9]{0,6}$' then value::int end
    from device_parameters where device_id = devices.id and path = ${interval}), 3600)) then 'cwmp'
  else 'quiet' end`;

export const summaryColumns = [
  "devices.id",
  "devices.oui",
  "devices.product_class",
  "devices.serial_number",
  "devices.manufacturer",
  "devices.endpoint_id",
  "devices.label",
  "devices.profile",
  "devices.provider",
  "devices.region",
  "devices.software_version",
  "devices.first_seen_at",
  "devices.last_inform_at",
  "devices.last_boot_at",
  "devices.created_at",
] as const;

type SummaryRow = Pick<
  Selectable<DevicesTable>,
  | "id"
  | "oui"
  | "product_class"
  | "serial_number"
  | "manufacturer"
  | "endpoint_id"
  | "label"
  | "profile"
  | "provider"
  | "region"
  | "software_version"
  | "first_seen_at"
  | "last_inform_at"
  | "last_boot_at"
  | "created_at"
> & { connection: Connection };

export function toSummary(row: SummaryRow, lines: Line[]): DeviceSummary {
  return {
    id: row.id,
    oui: row.oui,
    productClass: row.product_class,
    serialNumber: row.serial_number,
    manufacturer: row.manufacturer,
    endpointId: row.endpoint_id,
    label: row.label,
    profile: row.profile,
    provider: row.provider,
    region: row.region,
    softwareVersion: row.software_version,
    connection: row.connection,
    firstSeenAt: row.first_seen_at?.toISOString() ?? null,
    lastInformAt: row.last_inform_at?.toISOString() ?? null,
    lastBootAt: row.last_boot_at?.toISOString() ?? null,
    createdAt: row.created_at.toISOString(),
    lines,
  };
}

/** The lines of these devices, by device. */
export async function linesOf(
  db: Kysely<Database>,
  deviceIds: readonly string[],
): Promise<Map<string, Line[]>> {
  const byDevice = new Map<string, Line[]>(deviceIds.map((id) => [id, []]));
  if (deviceIds.length === 0) return byDevice;
  const rows = await db
    .selectFrom("lines")
    .selectAll()
    .where("device_id", "in", deviceIds)
    .orderBy("line")
    .execute();
  for (const row of rows) byDevice.get(row.device_id)?.push(toLine(row));
  return byDevice;
}

function toLine(row: Selectable<LinesTable>): Line {
  return {
    line: row.line,
    directoryNumber: row.directory_number,
    sipUser: row.sip_user,
    authUser: row.auth_user,
    domain: row.domain,
    proxyHost: row.proxy_host,
    proxyPort: row.proxy_port,
    enabled: row.enabled,
    status: row.status,
    statusSince: row.status_since?.toISOString() ?? null,
    callStatus: row.call_status,
  };
}

/** One device with everything that its page shows. @throws ApiProblem `not-found` */
export async function readDevice(db: Kysely<Database>, id: string): Promise<Device> {
  const row = await db
    .selectFrom("devices")
    .select([
      ...summaryColumns,
      "devices.desired",
      "devices.faults",
      connectionOf.as("connection"),
      parameterCount().as("parameter_count"),
    ])
    .where("id", "=", id)
    .executeTakeFirst();
  if (!row) throw noDevice(id);
  const [lines, reported] = await Promise.all([linesOf(db, [id]), readReported(db, id)]);
  return {
    ...toSummary(row, lines.get(id) ?? []),
    desired: row.desired,
    faults: row.faults?.items ?? [],
    firmware: toFirmware(reported),
    uptimeSeconds: seconds(reported.get("Device.DeviceInfo.UpTime")),
    serviceState: reported.get("Device.X_TONALITE_Terms.ServiceState") ?? null,
    parameterCount: row.parameter_count,
  };
}

export function noDevice(id: string): ApiProblem {
  return notFound(`device ${id}`, "GET /api/devices lists the devices; POST /api/devices registers one.");
}

/** @throws ApiProblem `not-found` */
export async function assertDevice(db: Kysely<Database>, id: string): Promise<void> {
  const row = await db.selectFrom("devices").select("id").where("id", "=", id).executeTakeFirst();
  if (!row) throw noDevice(id);
}

function parameterCount() {
  return sql<number>`(select count(*) from device_parameters where device_id = devices.id)`;
}

async function readReported(db: Kysely<Database>, id: string): Promise<Map<string, string>> {
  const rows = await db
    .selectFrom("device_parameters")
    .select(["path", "value"])
    .where("device_id", "=", id)
    .where((row) =>
      row.or([
        row("path", "like", "Device.DeviceInfo.%"),
        row("path", "like", String.raw`Device.X\_TONALITE\_Update.%`),
        row("path", "=", "Device.X_TONALITE_Terms.ServiceState"),
      ]),
    )
    .limit(500)
    .execute();
  return new Map(rows.map((row) => [row.path, row.value]));
}

function toFirmware(reported: ReadonlyMap<string, string>): Device["firmware"] {
  const text = (path: string) => reported.get(path) || null;
  const prefix = "Device.DeviceInfo.FirmwareImage.";
  const active = text("Device.DeviceInfo.ActiveFirmwareImage");
  const boot = text("Device.DeviceInfo.BootFirmwareImage");
  const slots = new Set(
    [...reported.keys()].flatMap(
      (path) => /^Device\.DeviceInfo\.FirmwareImage\.(\d+)\./.exec(path)?.[1] ?? [],
    ),
  );
  const state = text("Device.X_TONALITE_Update.State");
  return {
    hardwareVersion: text("Device.DeviceInfo.HardwareVersion"),
    slots: [...slots]
      .map(Number)
      .sort((a, b) => a - b)
      .map((slot) => ({
        slot,
        name: text(`${prefix}${slot}.Name`) ?? text(`${prefix}${slot}.Alias`),
        version: text(`${prefix}${slot}.Version`),
        status: text(`${prefix}${slot}.Status`),
        active: refersTo(active, slot),
        boot: refersTo(boot, slot),
      })),
    update:
      state === null
        ? null
        : {
            state,
            reason: text("Device.X_TONALITE_Update.Reason"),
            clause: text("Device.X_TONALITE_Update.Clause"),
            version: text("Device.X_TONALITE_Update.Version"),
            deadline: known(text("Device.X_TONALITE_Update.Deadline")),
          },
  };
}

/** "0001-01-01T00:00:00Z" is TR-106's unknown time (section 3.2.1). */
function known(time: string | null): string | null {
  return time === null || time.startsWith("0001-") ? null : time;
}

// A reference may end with a dot or not (TR-106 section 3.2.3 says not; devices differ).
function refersTo(reference: string | null, slot: number): boolean {
  return reference?.replace(/\.$/, "").endsWith(`FirmwareImage.${slot}`) ?? false;
}

function seconds(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null;
}
