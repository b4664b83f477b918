-- +goose Up
-- SQLite keeps the text of each statement, so what needs saying stands above it.

-- chain is one row: this database (epoch: 8 random bytes, hex), the place and
-- SHA-256 of its newest envelope, and the next step of the code ratchet; steps
-- behind it are forgotten.
create table chain (
	one     integer primary key check (one = 1),
	epoch   text    not null,
	seq     integer not null,
	head    blob    not null,
	ratchet blob    not null
) strict;

-- envelope is one sealed report. id is drawn before the transaction; number is
-- public; bytes is null once purged; times are unix seconds of the kiosk's
-- clock, but acked_at: when the hub received it, by the hub's clock.
create table envelope (
	seq         integer primary key,
	id          text    not null unique,
	number      text    not null unique,
	sha256      blob    not null unique,
	bytes       blob,
	stored_at   integer not null,
	tries       integer not null default 0,
	next_try    integer not null default 0,
	acked_at    integer,
	level       text,
	incarnation text,
	hub_seq     integer,
	purged_at   integer
) strict;
create index envelope_waiting on envelope (seq) where acked_at is null;
create index envelope_kept on envelope (hub_seq) where acked_at is not null and bytes is not null;

-- slip is what a receipt can be printed again from, until expires_at.
create table slip (
	number     text    primary key,
	details    text    not null,
	expires_at integer not null
) strict;

-- +goose Down
drop table slip;
drop table envelope;
drop table chain;
