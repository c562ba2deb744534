-- An image offered to many devices, wave by wave.
create table campaigns (
  id             uuid primary key,
  name           text not null,
  image_id       uuid not null references firmware_images,
  forced         boolean not null,
  -- urgent work needs neither notice nor hours where the terms say so
  urgent         boolean not null,
  deadline_hours double precision,
  -- cumulative shares of the devices, in percent: {1, 10, 100}
  waves          integer[] not null,
  -- hours between the end of a wave's last update and the next wave
  pause_hours    double precision not null,
  -- share of a wave's devices, in percent, whose update may fail before the campaign is stopped
  abort_percent  double precision not null,
  -- when the customers were told
  announced_at   timestamptz not null,
  state          text not null check (state in ('running', 'paused', 'finished', 'aborted', 'cancelled')),
  reason         text,
  wave           integer not null default 1,
  requested_by   text not null,
  created_at     timestamptz not null,
  updated_at     timestamptz not null,
  finished_at    timestamptz
);

create table campaign_devices (
  campaign_id uuid not null references campaigns on delete cascade,
  device_id   text not null references devices on delete cascade,
  wave        integer not null check (wave >= 1),
  update_id   uuid references updates,
  -- why the device was passed over; null: it was not
  refusal     text,
  primary key (campaign_id, device_id)
);
create index campaign_devices_of_wave on campaign_devices (campaign_id, wave);
create index campaign_devices_of_update on campaign_devices (update_id);
