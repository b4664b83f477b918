-- +goose Up
-- audit is who did what, in one chain: hash is over the row and the hash of the row
-- before. at is unix seconds. It holds nothing that a visitor wrote.
create table audit (
	n      integer primary key,
	at     integer not null,
	actor  text    not null,
	act    text    not null,
	object text    not null,
	detail text    not null,
	hash   blob    not null
) strict;
-- +goose StatementBegin
create trigger audit_kept before delete on audit begin select raise(abort, 'the audit log is kept'); end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger audit_fixed before update on audit begin select raise(abort, 'the audit log is kept'); end;
-- +goose StatementEnd

-- attempt counts failed log-ins by who tries, until a success or a day of rest.
create table attempt (
	name     text    primary key,
	failures integer not null,
	until    integer not null,
	last     integer not null
) strict;

-- Where and with what a session was begun, to be recognised by the officer.
alter table session add column id      text    not null default '';
alter table session add column begun   integer not null default 0;
alter table session add column network text    not null default '';
alter table session add column browser text    not null default '';
update session set id = lower(hex(randomblob(8)));

-- otp is the secret of an officer's second factor, encrypted; it counts from
-- otp_since on; otp_step is the newest step that was used.
alter table officer add column otp       blob;
alter table officer add column otp_since integer;
alter table officer add column otp_step  integer not null default 0;

-- recovery is what is kept of the codes for who lost the telephone; used once.
create table recovery (
	officer text not null references officer (name),
	mac     blob not null,
	primary key (officer, mac)
) strict;

-- +goose Down
drop table recovery;
alter table officer drop column otp_step;
alter table officer drop column otp_since;
alter table officer drop column otp;
alter table session drop column browser;
alter table session drop column network;
alter table session drop column begun;
alter table session drop column id;
drop table attempt;
drop table audit;
