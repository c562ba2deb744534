-- The ACS store, first edition. One dialect (PostgreSQL); every statement runs inside the runner's transaction.
-- Times are timestamptz; secrets are sealed (AES-256-GCM, see src/secrets) before they come here.

create table devices (
  -- "<OUI>-<ProductClass>-<Serial>", each part percent-encoded
  id                                 text primary key,
  oui                                text not null,
  product_class                      text not null,
  serial_number                      text not null,
  manufacturer                       text,
  -- USP endpoint identifier, "os::<OUI>-<serial>"
  endpoint_id                        text unique,
  profile                            text,
  provider                           text,
  region                             text,
  label                              text,
  cwmp_username                      text unique,
  -- {"md5": hex, "sha256": hex}: H(username ":" realm ":" password) of RFC 7616
  cwmp_ha1                           jsonb,
  cwmp_password_sealed               bytea,
  connection_request_url             text,
  connection_request_username        text,
  connection_request_password_sealed bytea,
  mqtt_password_sealed               bytea,
  software_version                   text,
  online_usp                         boolean not null default false,
  first_seen_at                      timestamptz,
  last_inform_at                     timestamptz,
  last_boot_at                       timestamptz,
  created_at                         timestamptz not null default now(),
  -- overrides set by support staff: {"Device.….": "value"}
  desired                            jsonb not null default '{}',
  -- the ParameterKey that the device last reported
  parameter_key                      text,
  -- RPCs that the device refused, kept so that they are not repeated for ever
  faults                             jsonb,
  -- let in by --open-enrolment, without credentials of its own
  open_enrolled                      boolean not null default false,
  -- software version at the last complete read of the device's parameters; null asks for a new one
  discovered_version                 text,
  -- counts changes of what the device should be or do; the session compares it with what it planned for
  revision                           bigint not null default 1
) with (fillfactor = 70);

create table lines (
  device_id           text not null references devices on delete cascade,
  line                integer not null check (line >= 1),
  directory_number    text,
  sip_user            text,
  auth_user           text,
  sip_password_sealed bytea,
  domain              text,
  proxy_host          text,
  proxy_port          integer check (proxy_port between 1 and 65535),
  enabled             boolean not null default true,
  status              text,
  status_since        timestamptz,
  call_status         text,
  primary key (device_id, line)
);

create table device_parameters (
  device_id  text not null references devices on delete cascade,
  path       text not null,
  value      text not null,
  type       text not null,
  writable   boolean not null default false,
  updated_at timestamptz not null default now(),
  primary key (device_id, path)
);

create table commands (
  id           uuid primary key,
  device_id    text not null references devices on delete cascade,
  kind         text not null,
  arguments    jsonb not null default '{}',
  state        text not null default 'pending' check (state in ('pending', 'sent', 'done', 'failed')),
  requested_by text,
  clause       text,
  created_at   timestamptz not null default now(),
  sent_at      timestamptz,
  done_at      timestamptz,
  result       jsonb
);
create index commands_open on commands (device_id, created_at) where state in ('pending', 'sent');
create index commands_of_device on commands (device_id, created_at desc);

-- Records outlive everything else: they are proof and basis of billing.
create table journal_entries (
  id          uuid primary key,
  device_id   text not null references devices,
  sequence    bigint not null,
  kind        text not null,
  occurred_at timestamptz not null,
  received_at timestamptz not null default now(),
  data        jsonb not null
);
create index journal_entries_of_device on journal_entries (device_id, occurred_at desc, sequence desc);

create table call_records (
  id                 uuid primary key references journal_entries,
  device_id          text not null references devices,
  line               integer not null,
  direction          text not null check (direction in ('outgoing', 'incoming')),
  from_number        text,
  to_number          text,
  started_at         timestamptz not null,
  answered_at        timestamptz,
  ended_at           timestamptz not null,
  duration_seconds   double precision not null,
  chargeable_seconds double precision not null,
  cause              text not null,
  ended_by           text,
  sip_code           integer,
  sip_reason         text,
  codec              text,
  media              jsonb,
  terms              jsonb not null default '[]'
);
create index call_records_of_device on call_records (device_id, started_at desc);
create index call_records_by_time on call_records (started_at desc);

create table registration_changes (
  id        uuid primary key,
  device_id text not null references devices,
  line      integer not null,
  status    text not null,
  code      integer,
  reason    text,
  at        timestamptz not null
);
create index registration_changes_of_device on registration_changes (device_id, at desc);

create table firmware_images (
  id             uuid primary key,
  version        text not null,
  hardware       text[] not null,
  security_floor integer not null,
  size           bigint not null,
  sha256         text not null unique,
  payload_sha256 text not null,
  key_id         text not null,
  manifest       jsonb not null,
  file_name      text not null,
  uploaded_at    timestamptz not null default now(),
  uploaded_by    text
);

create table updates (
  id           uuid primary key,
  device_id    text not null references devices,
  image_id     uuid not null references firmware_images,
  command_key  text not null unique,
  forced       boolean not null,
  clause       text,
  provider     text,
  state        text not null,
  reason       text,
  deadline_at  timestamptz,
  requested_by text,
  created_at   timestamptz not null default now(),
  updated_at   timestamptz not null default now(),
  finished_at  timestamptz,
  fault        jsonb
);
create index updates_of_device on updates (device_id, created_at desc);

create table audit_log (
  id            bigserial primary key,
  at            timestamptz not null default now(),
  actor         text not null,
  action        text not null,
  device_id     text,
  clause        text,
  detail        jsonb not null default '{}',
  previous_hash text not null,
  hash          text not null
);
create index audit_log_of_device on audit_log (device_id, id desc);

create table api_tokens (
  id           uuid primary key,
  name         text not null,
  token_hash   text not null unique,
  role         text not null,
  created_at   timestamptz not null default now(),
  last_used_at timestamptz,
  revoked_at   timestamptz
);

-- revision: whoever changes what a device should be or do (an API call, another ACS process, psql) bumps it by these
-- triggers; a session learns it from the write that records its Inform, so no cache has to be told.
create function bump_own_revision() returns trigger language plpgsql as $$
begin
  new.revision := old.revision + 1;
  return new;
end $$;

create trigger devices_revision before update of
  profile, provider, region, desired, cwmp_username, cwmp_ha1, cwmp_password_sealed, connection_request_username,
  connection_request_password_sealed, mqtt_password_sealed, endpoint_id, open_enrolled
  on devices for each row execute function bump_own_revision();

create function bump_device_revision() returns trigger language plpgsql as $$
begin
  update devices set revision = revision + 1 where id = coalesce(new.device_id, old.device_id);
  return null;
end $$;

create trigger lines_revision after insert or delete or update of
  directory_number, sip_user, auth_user, sip_password_sealed, domain, proxy_host, proxy_port, enabled
  on lines for each row execute function bump_device_revision();

create trigger commands_revision after insert on commands for each row execute function bump_device_revision();
