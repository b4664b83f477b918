-- +goose Up
-- What came out of a case is apart from where it stands. extended is by how
-- many working days its answer may take longer. anonim hides the person, rahasia
-- the whole report: both may be set, never unset.
alter table cases add column outcome      text    not null default '';
alter table cases add column reason       text    not null default '';
alter table cases add column holder       text    not null default '';
alter table cases add column extended     integer not null default 0;
alter table cases add column extended_why text    not null default '';
alter table cases add column anonim       integer not null default 0;
alter table cases add column rahasia      integer not null default 0;
update cases set anonim = identity <> 'named', rahasia = identity = 'confidential';
-- +goose StatementBegin
create trigger cases_tightened before update of anonim, rahasia on cases
when new.anonim < old.anonim or new.rahasia < old.rahasia
begin select raise(abort, 'hidden stays hidden'); end;
-- +goose StatementEnd

-- kind is what happened: status, extended, reply, solved, contested, holiday,
-- hidden; said is what the visitor reads or wrote.
alter table event add column kind    text not null default 'status';
alter table event add column said    text not null default '';
alter table event add column outcome text not null default '';
alter table event add column reason  text not null default '';

-- holiday is a day announced after this version of the program was made, or a
-- day on which one office was closed ('' is everywhere). Nothing is deleted.
create table holiday (
	date     text    not null,
	office   text    not null,
	kind     text    not null check (kind in ('libur', 'cuti', 'tutup')),
	name     text    not null,
	added_by text    not null,
	added_at integer not null,
	primary key (date, office)
) strict;

-- +goose Down
drop table holiday;
alter table event drop column reason;
alter table event drop column outcome;
alter table event drop column said;
alter table event drop column kind;
drop trigger cases_tightened;
alter table cases drop column rahasia;
alter table cases drop column anonim;
alter table cases drop column extended_why;
alter table cases drop column extended;
alter table cases drop column holder;
alter table cases drop column reason;
alter table cases drop column outcome;
