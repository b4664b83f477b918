-- +goose Up
-- What was sent to a printer, without any secret: one receipt a report, and
-- copies that a person asked for. A row is committed before the first dot.
create table print_job (
	id       integer primary key,
	number   text    not null,
	copy     integer not null check (copy in (0, 1)),
	asked_by text    not null,
	begun_at integer not null,
	ended_at integer,
	printer  text    not null default '',
	outcome  text    not null default 'sending' check (outcome in ('sending', 'not_started', 'confirmed', 'assumed', 'unknown', 'by_hand')),
	fault    text    not null default ''
) strict;
create unique index print_once on print_job (number) where copy = 0;
create index print_begun on print_job (begun_at);

-- +goose Down
drop table print_job;
