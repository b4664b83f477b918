-- +goose Up
-- register_number is a case's official number in its book, one book a kind,
-- office and year: given once, never reused, without holes.
create table register_number (
	kind     text    not null,
	office   text    not null,
	year     integer not null,
	n        integer not null check (n > 0),
	number   text    not null unique references cases (number),
	label    text    not null,
	given_by text    not null,
	given_at integer not null,
	primary key (kind, office, year, n)
) strict;
-- +goose StatementBegin
create trigger register_number_kept before delete on register_number begin select raise(abort, 'numbers are kept'); end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger register_number_fixed before update on register_number begin select raise(abort, 'numbers are kept'); end;
-- +goose StatementEnd

-- register_entry is what an officer adds to a case's line in its book. Only
-- ever added to: the highest edition counts. cost is in rupiah, -1 where it is
-- not said; given is a date.
create table register_entry (
	number       text    not null references cases (number),
	edition      integer not null check (edition > 0),
	undocumented integer not null default 0,
	form         text    not null default '',
	given        text    not null default '',
	cost         integer not null default -1,
	payment      text    not null default '',
	superior     text    not null default '',
	position     text    not null default '',
	response     text    not null default '',
	officer      text    not null,
	at           integer not null,
	primary key (number, edition)
) strict;
-- +goose StatementBegin
create trigger register_entry_kept before delete on register_entry begin select raise(abort, 'entries are kept'); end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger register_entry_fixed before update on register_entry begin select raise(abort, 'entries are kept'); end;
-- +goose StatementEnd

-- report_text is what an office writes for its yearly report; office '' is the
-- whole ministry. The highest edition counts.
create table report_text (
	office  text    not null,
	year    integer not null,
	edition integer not null check (edition > 0),
	texts   text    not null,
	officer text    not null,
	at      integer not null,
	primary key (office, year, edition)
) strict;
-- +goose StatementBegin
create trigger report_text_kept before delete on report_text begin select raise(abort, 'texts are kept'); end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger report_text_fixed before update on report_text begin select raise(abort, 'texts are kept'); end;
-- +goose StatementEnd

-- survey_served is how many people an office served in a period, by which the
-- sample of a survey is judged. The highest edition counts; unit and service ''
-- are all of them.
create table survey_served (
	office  text    not null,
	unit    text    not null,
	service text    not null,
	first   text    not null,
	last    text    not null,
	edition integer not null check (edition > 0),
	served  integer not null check (served >= 0),
	officer text    not null,
	at      integer not null,
	primary key (office, unit, service, first, last, edition)
) strict;
-- +goose StatementBegin
create trigger survey_served_kept before delete on survey_served begin select raise(abort, 'numbers are kept'); end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger survey_served_fixed before update on survey_served begin select raise(abort, 'numbers are kept'); end;
-- +goose StatementEnd

-- +goose Down
drop table survey_served;
drop table report_text;
drop table register_entry;
drop table register_number;
