-- +goose Up
-- client is a program that may file reports; of its key only the hash is kept.
create table client (
	name       text    primary key,
	office     text    not null,
	key_hash   blob    not null unique,
	added_at   integer not null,
	revoked_at integer
) strict;

-- filed is what a client has filed under a name of its own, so that a request
-- sent again files nothing twice. code is sealed with the client's key.
create table filed (
	client text    not null references client (name),
	name   text    not null,
	digest blob    not null,
	number text,
	code   blob,
	at     integer not null,
	primary key (client, name)
) strict;

-- improvement is a version of an entry of the list "you said, we changed"; what
-- is changed is a new version. state: draft, published or withdrawn.
create table improvement (
	id         integer not null,
	version    integer not null,
	office     text    not null,
	service    text    not null,
	day        text    not null,
	said_id    text    not null,
	said_en    text    not null,
	changed_id text    not null,
	changed_en text    not null,
	state      text    not null check (state in ('draft', 'published', 'withdrawn')),
	written_by text    not null,
	written_at integer not null,
	primary key (id, version)
) strict;
create table improvement_case (
	id      integer not null,
	version integer not null,
	number  text    not null references cases (number),
	primary key (id, version, number),
	foreign key (id, version) references improvement (id, version)
) strict;
create index improvement_case_number on improvement_case (number);
-- +goose StatementBegin
create trigger improvement_kept before delete on improvement begin select raise(abort, 'versions are kept'); end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger improvement_fixed before update on improvement begin select raise(abort, 'versions are kept'); end;
-- +goose StatementEnd

-- feed is an officer's calendar of deadlines; whoever knows its token reads it.
create table feed (
	token      blob    primary key,
	officer    text    not null references officer (name),
	made_at    integer not null,
	revoked_at integer
) strict;
create index feed_officer on feed (officer) where revoked_at is null;

create index cases_filed on cases (form, filed_at);

-- +goose Down
drop index cases_filed;
drop table feed;
drop table improvement_case;
drop table improvement;
drop table filed;
drop table client;
