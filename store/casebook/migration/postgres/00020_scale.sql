-- +goose Up
-- lineage is which server's which timeline wrote here last, and renewed what is drawn
-- anew, and part of the incarnation from then on, when another does: see postgres.go.
-- Later timelines than the first draw at once, for acknowledgements named them so far.
alter table meta add column lineage text collate "C" not null default '', add column renewed text collate "C" not null default '';
update meta set lineage = (select system_identifier::text from pg_control_system()) || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8)
	where left(pg_walfile_name(pg_current_wal_lsn()), 8) = '00000001';

-- How many cases of a status an office and its units have, without reading them.
create index cases_heap on cases (status, form, office, unit, seen_at, received_at);

-- +goose Down
drop index cases_heap;
alter table meta drop column renewed, drop column lineage;
