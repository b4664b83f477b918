-- +goose Up
-- The newest cases first, whatever their status: a page of a list, without sorting all.
create index cases_newest on cases (filed_at, number);

-- +goose Down
drop index cases_newest;
