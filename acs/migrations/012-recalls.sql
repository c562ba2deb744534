-- A recall goes its own way through the same states as the update that it undoes.
alter table updates
  add column kind text not null default 'install' check (kind in ('install', 'recall')),
  -- what a recall goes back to, once the device has said it: it lies in the other slot, and the ACS may not know it
  add column target_version text;
