-- +goose Up
-- summary holds counts of cases, kept in the transaction that opens or changes a case,
-- so that figures of ten million cases need not read them. A line is of something (line,
-- part, kind, item, working days) in a span of time that begins on a day; spans of a
-- scale do not overlap. Days are counted since 1970-01-01. hub/facts.go says which lines
-- a case stands in; nothing here depends on what day it is today.
create table summary (
	line    text    not null,
	scale   text    not null,
	part    text    not null,
	span    integer not null,
	kind    text    not null,
	item    text    not null,
	days    integer not null,
	n       integer not null,
	waiting integer not null, -- without an answer
	kept    integer not null, -- answered in their term
	missed  integer not null, -- answered after it
	primary key (line, scale, part, span, kind, item, days)
) strict, without rowid;

-- summary_basis is the calendar and the rules by which the cases are counted: where
-- they are others now, cases are counted anew.
create table summary_basis (
	one   integer primary key check (one = 1),
	basis text    not null
) strict;

-- facts is by what a case is counted in summary, as JSON, so that exactly that can be
-- taken out again; '' is not at all yet. facts_to is the last day whose calendar they
-- depend on.
alter table cases add column facts    text    not null default '';
alter table cases add column facts_to integer not null default 0;
create index cases_facts_to on cases (facts_to, number);

-- The newest cases of a kind or a unit, for their words.
drop index cases_filed;
create index cases_filed on cases (form, filed_at, number);
drop index cases_unit;
create index cases_unit on cases (unit, form, filed_at, number);

-- +goose Down
drop index cases_unit;
create index cases_unit on cases (unit, status);
drop index cases_filed;
create index cases_filed on cases (form, filed_at);
drop index cases_facts_to;
alter table cases drop column facts_to;
alter table cases drop column facts;
drop table summary_basis;
drop table summary;
