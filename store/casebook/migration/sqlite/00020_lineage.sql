-- +goose Up
-- Both stay empty: a file goes on from a copy only by a restore, which says so itself.
alter table meta add column lineage text not null default '';
alter table meta add column renewed text not null default '';

-- +goose Down
alter table meta drop column renewed;
alter table meta drop column lineage;
