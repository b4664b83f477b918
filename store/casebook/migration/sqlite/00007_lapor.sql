-- +goose Up
-- handover is how a report's way to LAPOR! stands: sending (asked for, the answer
-- is not known), sent, known (its number came back) or refused. No row: waiting.
create table handover (
	number  text    primary key references cases (number),
	state   text    not null check (state in ('sending', 'sent', 'known', 'refused')),
	reason  text    not null default '',
	by      text    not null,
	at      integer not null
) strict;

-- +goose Down
drop table handover;
