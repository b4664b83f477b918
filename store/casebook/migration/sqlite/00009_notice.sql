-- +goose Up
-- outbox is what is to be told to somebody, written with the change that causes
-- it. Rows of channel case are not known to be for anybody yet: they are spread
-- into the rows that are sent. id goes with every try, so that who gets one
-- twice can tell; key lets one thing be told once; lease is who is at it.
create table outbox (
	n            integer primary key autoincrement,
	id           text    not null unique,
	channel      text    not null,
	recipient    text    not null default '', -- officer, or id of a webhook
	event        text    not null default '',
	number       text    references cases (number),
	edition      integer not null default 0,
	office       text    not null default '',
	body         text    not null default '',
	key          text    unique,
	at           integer not null,
	not_before   integer not null,
	tries        integer not null default 0,
	first_try    integer not null default 0,
	state        text    not null default 'waiting',
	reason       text    not null default '',
	lease        text    not null default '',
	leased_until integer not null default 0,
	done_at      integer not null default 0,
	done_by      text    not null default ''
) strict;
create index outbox_due on outbox (not_before) where state = 'waiting';
create index outbox_case on outbox (number, edition) where state = 'waiting';
create index outbox_recipient on outbox (channel, recipient, state);

-- webhook is a program that is told of cases. Nothing is deleted: a removed one
-- has lost its secret, which is sealed to the hub's own key.
create table webhook (
	id            text    primary key,
	url           text    not null,
	secret        blob    not null,
	events        text    not null,
	office        text    not null default '',
	allow_private integer not null default 0,
	added_by      text    not null,
	added_at      integer not null,
	failing_since integer not null default 0,
	disabled_at   integer not null default 0,
	disabled_why  text    not null default '',
	removed_at    integer not null default 0
) strict;

-- +goose Down
drop table webhook;
drop table outbox;
