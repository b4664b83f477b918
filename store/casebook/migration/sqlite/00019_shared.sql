-- +goose Up
-- lease is who does a job that only one of several hubs does, and until when.
create table lease (
	job    text    primary key,
	holder text    not null,
	until  integer not null
) strict;

-- tries is how often each hub saw somebody try, by a keyed hash of who or what: hubs
-- that serve together slow one who guesses down together. n only grows.
create table tries (
	hub  text    not null,
	name text    not null,
	n    integer not null,
	at   integer not null,
	primary key (hub, name)
) strict;
create index tries_name on tries (name);

-- +goose Down
drop table tries;
drop table lease;
