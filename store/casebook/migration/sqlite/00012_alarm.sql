-- +goose Up
-- A kiosk that was suspended or revoked (state) is still listened to: what it
-- sends waits in quarantine. head is the chain as the kiosk told it last: epoch,
-- place, and when that place was told first.
alter table kiosk add column state text not null default 'active';
alter table kiosk add column state_reason text not null default '';
alter table kiosk add column head_epoch text not null default '';
alter table kiosk add column head_seq integer not null default 0;
alter table kiosk add column head_at integer not null default 0;

-- prev is the SHA-256 of the envelope before, as the kiosk said; null for what
-- came before this column or cannot be read.
alter table envelope add column prev blob;

-- alarm is something about a kiosk's chain that should not be; seq is the lowest
-- place concerned, reports how many. One that was noted stays; the same again is
-- another one.
create table alarm (
	id       integer primary key autoincrement,
	kiosk    text    not null,
	kind     text    not null,
	epoch    text    not null,
	seq      integer not null,
	reports  integer not null,
	reason   text    not null,
	first_at integer not null,
	last_at  integer not null,
	noted_at integer,
	noted_by text    not null default '',
	note     text    not null default ''
) strict;
create unique index alarm_open on alarm (kiosk, kind, epoch) where noted_at is null;

-- +goose Down
drop table alarm;
alter table envelope drop column prev;
alter table kiosk drop column head_at;
alter table kiosk drop column head_seq;
alter table kiosk drop column head_epoch;
alter table kiosk drop column state_reason;
alter table kiosk drop column state;
