-- +goose Up
-- Both stay empty: a file goes on from a copy only by a restore, which says so itself.
alter table meta add column lineage text not null default '';
alter table meta add column renewed text not null default '';

-- How many cases of a status an office and its units have, without reading them.
create index cases_heap on cases (status, form, office, unit, seen_at, received_at);

-- +goose Down
drop index cases_heap;
alter table meta drop column renewed;
alter table meta drop column lineage;
