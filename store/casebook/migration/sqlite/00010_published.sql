-- +goose Up
-- published is one whole issue of the list of published information, as JSON.
-- version is when it was published; again the older issue that it repeats.
-- Nothing is deleted.
create table published (
	version      integer primary key,
	published_by text    not null,
	again        integer not null default 0,
	count        integer not null,
	items        text    not null
) strict;

-- published_upload is a table that an officer uploaded, until it is published.
create table published_upload (
	officer text    primary key,
	name    text    not null,
	at      integer not null,
	items   text    not null,
	faults  text    not null
) strict;

-- +goose Down
drop table published_upload;
drop table published;
