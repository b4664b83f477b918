-- +goose Up
-- What can be searched for: what the visitor wrote, what officers answered and
-- noted.
create virtual table case_text using fts5 (number unindexed, body, tokenize = 'unicode61 remove_diacritics 2');
insert into case_text (number, body) select number, (select group_concat(value, char(10)) from json_each(answers)) || char(10) || answer from cases;
insert into case_text (number, body) select number, said || char(10) || note from event where said <> '' or note <> '';

-- +goose Down
drop table case_text;
