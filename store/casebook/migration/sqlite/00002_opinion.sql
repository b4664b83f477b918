-- +goose Up
-- opinion is one answered survey: no number, no code, no time but the day.
create table opinion (
	hub_seq integer primary key references envelope (hub_seq),
	form    text    not null,
	version integer not null,
	office  text    not null,
	day     text    not null,
	answers text    not null
) strict;
create index opinion_form on opinion (form, day);
