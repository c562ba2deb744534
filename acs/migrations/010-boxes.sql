-- A box as a factory station made it: which device, what is printed on its label, what its test said.
create sequence box_serials;

create table boxes (
  device_id         text primary key references devices on delete cascade,
  mac               text not null unique,
  -- HMAC of the claim code on the label; the code itself is printed and nowhere kept
  claim_fingerprint bytea not null unique,
  certificate       text,
  station           text not null,
  state             text not null check (state in ('making', 'ready', 'faulty', 'ordered')),
  report            jsonb,
  created_at        timestamptz not null default now(),
  reported_at       timestamptz,
  ordered_at        timestamptz
);
