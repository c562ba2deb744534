-- Lines that were taken away from a device: the box must be told to switch them off, and nothing else tells it any more.
create table retired_lines (
  device_id  text not null references devices on delete cascade,
  line       integer not null,
  retired_at timestamptz not null default now(),
  primary key (device_id, line)
);

create function retire_line() returns trigger language plpgsql as $$
begin
  -- The device itself may be going: then there is nobody left to tell.
  insert into retired_lines (device_id, line) select id, old.line from devices where id = old.device_id
    on conflict do nothing;
  return null;
end $$;
create trigger lines_retired after delete on lines for each row execute function retire_line();

create function revive_line() returns trigger language plpgsql as $$
begin
  delete from retired_lines where device_id = new.device_id and line = new.line;
  return null;
end $$;
create trigger lines_revived after insert on lines for each row execute function revive_line();
