import type { ColumnType, Generated, JSONColumnType } from "kysely";

/** A `timestamptz`: read as `Date`, written as `Date` or ISO 8601 text. */
export type Timestamp = ColumnType<Date, Date | string, Date | string>;
export type NullableTimestamp = ColumnType<
  Date | null,
  Date | string | null | undefined,
  Date | string | null
>;
type DefaultTimestamp = ColumnType<Date, Date | string | undefined, Date | string>;

/** A `jsonb`: read as a value, written as JSON text (node-postgres would turn a bare array into a SQL array). */
export type Json<T = unknown> = ColumnType<T, string, string>;
export type NullableJson<T = unknown> = ColumnType<T | null, string | null | undefined, string | null>;
type DefaultJson<T> = ColumnType<T, string | undefined, string>;

/** What a column with NULL takes on insert: it may be left out. */
type Nullable<T> = ColumnType<T | null, T | null | undefined, T | null>;

/** RFC 7616 H(A1) of the device's CWMP account, for the realm of `sessions/digest.ts`. */
export type StoredHa1 = { md5: string; sha256: string };

/** RPCs that a device refused. `parameterKey` names the desired state that the refusal belongs to. */
export type DeviceFaults = {
  parameterKey: string;
  at: string;
  /** the whole SetParameterValues was refused without naming the parameters */
  blocked: boolean;
  items: { path: string; code: number; message: string }[];
};

export type CommandState = "pending" | "sent" | "done" | "failed";

export type DevicesTable = {
  id: string;
  oui: string;
  product_class: string;
  serial_number: string;
  manufacturer: Nullable<string>;
  endpoint_id: Nullable<string>;
  profile: Nullable<string>;
  provider: Nullable<string>;
  region: Nullable<string>;
  label: Nullable<string>;
  cwmp_username: Nullable<string>;
  cwmp_ha1: NullableJson<StoredHa1>;
  cwmp_password_sealed: Nullable<Buffer>;
  connection_request_url: Nullable<string>;
  connection_request_username: Nullable<string>;
  connection_request_password_sealed: Nullable<Buffer>;
  mqtt_password_sealed: Nullable<Buffer>;
  software_version: Nullable<string>;
  online_usp: Generated<boolean>;
  first_seen_at: NullableTimestamp;
  last_inform_at: NullableTimestamp;
  last_boot_at: NullableTimestamp;
  created_at: DefaultTimestamp;
  desired: DefaultJson<Record<string, string>>;
  parameter_key: Nullable<string>;
  faults: NullableJson<DeviceFaults>;
  open_enrolled: Generated<boolean>;
  discovered_version: Nullable<string>;
  revision: Generated<number>;
};

export type LinesTable = {
  device_id: string;
  line: number;
  directory_number: Nullable<string>;
  sip_user: Nullable<string>;
  auth_user: Nullable<string>;
  sip_password_sealed: Nullable<Buffer>;
  domain: Nullable<string>;
  proxy_host: Nullable<string>;
  proxy_port: Nullable<number>;
  enabled: Generated<boolean>;
  status: Nullable<string>;
  status_since: NullableTimestamp;
  call_status: Nullable<string>;
};

/** Lines taken away, kept by triggers of 002-retired-lines.sql. */
export type RetiredLinesTable = { device_id: string; line: number; retired_at: DefaultTimestamp };

export type DeviceParametersTable = {
  device_id: string;
  path: string;
  value: string;
  type: string;
  writable: Generated<boolean>;
  updated_at: DefaultTimestamp;
};

export type CommandsTable = {
  id: string;
  device_id: string;
  kind: string;
  arguments: DefaultJson<Record<string, unknown>>;
  state: Generated<CommandState>;
  requested_by: Nullable<string>;
  clause: Nullable<string>;
  created_at: DefaultTimestamp;
  sent_at: NullableTimestamp;
  done_at: NullableTimestamp;
  result: NullableJson;
};

export type JournalEntriesTable = {
  id: string;
  device_id: string;
  sequence: number;
  kind: string;
  occurred_at: Timestamp;
  received_at: DefaultTimestamp;
  data: Json;
};

export type CallRecordsTable = {
  id: string;
  device_id: string;
  line: number;
  direction: "outgoing" | "incoming";
  from_number: Nullable<string>;
  to_number: Nullable<string>;
  started_at: Timestamp;
  answered_at: NullableTimestamp;
  ended_at: Timestamp;
  duration_seconds: number;
  chargeable_seconds: number;
  cause: string;
  ended_by: Nullable<string>;
  sip_code: Nullable<number>;
  sip_reason: Nullable<string>;
  codec: Nullable<string>;
  media: NullableJson;
  terms: DefaultJson<unknown>;
};

export type RegistrationChangesTable = {
  id: string;
  device_id: string;
  line: number;
  status: string;
  code: Nullable<number>;
  reason: Nullable<string>;
  at: Timestamp;
};

export type FirmwareImagesTable = {
  id: string;
  version: string;
  hardware: string[];
  security_floor: number;
  size: number;
  sha256: string;
  payload_sha256: string;
  key_id: string;
  manifest: JSONColumnType<Record<string, unknown>>;
  file_name: string;
  uploaded_at: DefaultTimestamp;
  uploaded_by: Nullable<string>;
};

export type UpdatesTable = {
  id: string;
  device_id: string;
  image_id: string;
  command_key: string;
  forced: boolean;
  clause: Nullable<string>;
  provider: Nullable<string>;
  state: string;
  reason: Nullable<string>;
  deadline_at: NullableTimestamp;
  requested_by: Nullable<string>;
  created_at: DefaultTimestamp;
  updated_at: DefaultTimestamp;
  finished_at: NullableTimestamp;
  fault: NullableJson;
  kind: ColumnType<"install" | "recall", "install" | "recall" | undefined, never>;
  target_version: Nullable<string>;
};

export type CampaignState = "running" | "paused" | "finished" | "aborted" | "cancelled";

export type CampaignsTable = {
  id: string;
  name: string;
  image_id: string;
  forced: boolean;
  urgent: boolean;
  deadline_hours: Nullable<number>;
  waves: number[];
  pause_hours: number;
  abort_percent: number;
  announced_at: Timestamp;
  state: CampaignState;
  reason: Nullable<string>;
  wave: Generated<number>;
  requested_by: string;
  created_at: Timestamp;
  updated_at: Timestamp;
  finished_at: NullableTimestamp;
};

export type CampaignDevicesTable = {
  campaign_id: string;
  device_id: string;
  wave: number;
  update_id: Nullable<string>;
  refusal: Nullable<string>;
};

export type BoxesTable = {
  device_id: string;
  mac: string;
  claim_fingerprint: Buffer;
  certificate: Nullable<string>;
  station: string;
  state: "making" | "ready" | "faulty" | "ordered";
  report: NullableJson;
  created_at: DefaultTimestamp;
  reported_at: NullableTimestamp;
  ordered_at: NullableTimestamp;
};

export type AuditLogTable = {
  id: Generated<number>;
  at: DefaultTimestamp;
  actor: string;
  action: string;
  device_id: Nullable<string>;
  clause: Nullable<string>;
  detail: DefaultJson<Record<string, unknown>>;
  previous_hash: string;
  hash: string;
};

export type ApiTokensTable = {
  id: string;
  name: string;
  token_hash: string;
  role: string;
  created_at: DefaultTimestamp;
  last_used_at: NullableTimestamp;
  revoked_at: NullableTimestamp;
};

/** Every table of `acs/migrations`, as Kysely sees it. */
export type Database = {
  devices: DevicesTable;
  lines: LinesTable;
  retired_lines: RetiredLinesTable;
  device_parameters: DeviceParametersTable;
  commands: CommandsTable;
  journal_entries: JournalEntriesTable;
  call_records: CallRecordsTable;
  registration_changes: RegistrationChangesTable;
  firmware_images: FirmwareImagesTable;
  updates: UpdatesTable;
  campaigns: CampaignsTable;
  campaign_devices: CampaignDevicesTable;
  audit_log: AuditLogTable;
  boxes: BoxesTable;
  api_tokens: ApiTokensTable;
};
