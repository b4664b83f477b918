-- +goose Up
-- catalogue is what lies over the embedded data, one row for each time it was changed:
-- all its files as JSON, and which was changed. version is seconds since 1970, or more.
create table catalogue (
	version integer primary key,
	at      integer not null,
	by      text    not null,
	note    text    not null,
	changed text    not null,
	files   text    not null
) strict;

-- +goose Down
drop table catalogue;
