-- +goose Up
-- lease is who does a job that only one of several hubs does, and until when.
create table lease (
	job    text collate "C" primary key,
	holder text collate "C" not null,
	until  bigint not null
);

-- tries is how often each hub saw somebody try, by a keyed hash of who or what: hubs
-- that serve together slow one who guesses down together. n only grows.
create table tries (
	hub  text collate "C" not null,
	name text collate "C" not null,
	n    bigint not null,
	at   bigint not null,
	primary key (hub, name)
);
create index tries_name on tries (name);

-- +goose Down
drop table tries;
drop table lease;
