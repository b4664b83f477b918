-- +goose Up
-- meta is one row: incarnation changes when a backup is restored; every
-- hub_seq up to watermark is in a backup.
create table meta (
	one         integer primary key check (one = 1),
	incarnation text    not null,
	watermark   integer not null default 0
) strict;

-- kiosk is one slot, named by two symbols; code is the enrolment code until it
-- is used, burnt or too old.
create table kiosk (
	id          text    primary key,
	office      text    not null,
	enrolment   text    not null,
	public_key  blob,
	code        text,
	code_until  integer,
	code_tries  integer not null default 0,
	enrolled_at integer,
	last_seen   integer
) strict;

-- envelope is what a kiosk sent, as it came. Times are unix seconds.
create table envelope (
	hub_seq     integer primary key autoincrement,
	sha256      blob    not null unique,
	id          text    unique,
	kiosk       text    not null,
	epoch       text    not null default '',
	seq         integer not null default 0,
	number      text    unique,
	bytes       blob    not null,
	received_at integer not null,
	level       text    not null,
	reason      text    not null default '',
	opened_at   integer
) strict;
create index envelope_unopened on envelope (hub_seq) where opened_at is null and level = 'stored';
create index envelope_chain on envelope (kiosk, epoch, seq);

-- cases are what officers work on.
create table cases (
	number      text    primary key,
	hub_seq     integer not null unique references envelope (hub_seq),
	form        text    not null,
	version     integer not null,
	language    text    not null,
	identity    text    not null,
	office      text    not null,
	filed_at    integer not null,
	received_at integer not null,
	status      text    not null,
	answer      text    not null default '',
	answers     text    not null,
	code_mac    blob    not null,
	edition     integer not null default 1
) strict;
create index cases_status on cases (status, filed_at);

-- event is the story of a case: only ever added to.
create table event (
	n       integer primary key autoincrement,
	number  text    not null references cases (number),
	at      integer not null,
	officer text    not null,
	status  text    not null,
	note    text    not null default ''
) strict;
create index event_case on event (number, n);
-- +goose StatementBegin
create trigger event_kept before delete on event begin select raise(abort, 'events are kept'); end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger event_fixed before update on event begin select raise(abort, 'events are kept'); end;
-- +goose StatementEnd

create table officer (
	name     text    primary key,
	password text    not null,
	added_at integer not null
) strict;

create table session (
	token   blob    primary key,
	officer text    not null references officer (name),
	until   integer not null,
	seen    integer not null
) strict;

-- +goose Down
drop table session;
drop table officer;
drop table event;
drop table cases;
drop table envelope;
drop table kiosk;
drop table meta;
