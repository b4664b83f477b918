-- +goose Up
-- name is what people call a kiosk. health is what it told last of itself, as JSON,
-- and skew by how many seconds its clock was ahead then.
alter table kiosk add column name   text not null default '';
alter table kiosk add column health text not null default '';
alter table kiosk add column skew   integer not null default 0;

-- receptionist is who may open the receptionist's part of the kiosks of an office,
-- with what is kept of the PIN.
create table receptionist (
	id       integer primary key autoincrement,
	office   text    not null,
	name     text    not null,
	pin      text    not null,
	added_at integer not null,
	added_by text    not null,
	unique (office, name)
) strict;

-- helped says that staff wrote a report for the visitor, as JSON.
alter table cases add column helped text not null default '';

-- +goose Down
alter table cases drop column helped;
drop table receptionist;
alter table kiosk drop column skew;
alter table kiosk drop column health;
alter table kiosk drop column name;
