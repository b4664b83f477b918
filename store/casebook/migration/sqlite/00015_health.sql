-- +goose Up
-- backup_at is when the newest backup was checked, probed_at when a write was last
-- tried to see whether the disk takes it; unix seconds, 0 for never.
alter table meta add column backup_at integer not null default 0;
alter table meta add column probed_at integer not null default 0;

-- +goose Down
alter table meta drop column probed_at;
alter table meta drop column backup_at;
