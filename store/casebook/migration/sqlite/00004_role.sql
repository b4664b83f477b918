-- +goose Up
-- What an officer may see and do, and for which office ('' is all of them).
-- Who was there before may do everything, as before.
alter table officer add column role   text not null default 'administrator';
alter table officer add column office text not null default '';

-- +goose Down
alter table officer drop column office;
alter table officer drop column role;
