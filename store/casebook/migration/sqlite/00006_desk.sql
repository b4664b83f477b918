-- +goose Up
-- unit is who handles a case now, assignee whose work it is, seen_at when an
-- officer first opened it, merged_into the case it is handled with, lapor its
-- number at LAPOR!, summary what the public may read. before is how the case
-- was until the last change of an officer, for a minute's undo.
alter table cases add column unit        text not null default '';
alter table cases add column assignee    text not null default '';
alter table cases add column seen_at     integer;
alter table cases add column merged_into text references cases (number);
alter table cases add column lapor       text not null default '';
alter table cases add column summary     text not null default '';
alter table cases add column before      text not null default '';
update cases set unit = office, seen_at = case when edition > 1 then received_at end;
create index cases_unit on cases (unit, status);
create index cases_merged on cases (merged_into) where merged_into is not null;

-- target is the unit, officer or case of an event; edition the case's after it,
-- 0 when it changed nothing.
alter table event add column target  text    not null default '';
alter table event add column edition integer not null default 0;

alter table officer add column email text not null default '';

-- template is an answer to begin with. Nothing is deleted: a retired one is
-- not offered.
create table template (
	id         integer primary key autoincrement,
	kind       text    not null default '', -- form; '' is all of them
	outcome    text    not null default '',
	title      text    not null,
	body       text    not null,
	retired    integer not null default 0,
	changed_by text    not null,
	changed_at integer not null
) strict;

-- view is a list of cases as an officer likes it: the query of the inbox.
create table view (
	officer text not null references officer (name),
	name    text not null,
	query   text not null,
	primary key (officer, name)
) strict;

-- +goose Down
drop table view;
drop table template;
alter table officer drop column email;
alter table event drop column edition;
alter table event drop column target;
drop index cases_merged;
drop index cases_unit;
alter table cases drop column before;
alter table cases drop column summary;
alter table cases drop column lapor;
alter table cases drop column merged_into;
alter table cases drop column seen_at;
alter table cases drop column assignee;
alter table cases drop column unit;
