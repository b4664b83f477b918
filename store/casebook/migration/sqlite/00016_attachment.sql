-- +goose Up
-- attachment is a file that belongs to a case: a picture as it was drawn anew, or a
-- PDF as it came. It lies as the answers do, in the database and so in its backups.
-- page is its place among the pages that were scanned at the kiosk, which may be here
-- before their case is; 0 for what was added later.
create table attachment (
	number text    not null,
	n      integer not null check (n > 0),
	page   integer not null default 0,
	type   text    not null,
	size   integer not null,
	at     integer not null,
	bytes  blob    not null,
	primary key (number, n)
) strict;
create unique index attachment_page on attachment (number, page) where page > 0;
-- +goose StatementBegin
create trigger attachment_kept before delete on attachment begin select raise(abort, 'attachments are kept'); end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger attachment_fixed before update on attachment begin select raise(abort, 'attachments are kept'); end;
-- +goose StatementEnd

-- +goose Down
drop table attachment;
