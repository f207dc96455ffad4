-- Written by `make schema` from a migrated database; do not edit.

CREATE TRIGGER entries_have_folded_words BEFORE INSERT OR UPDATE OF words ON entries FOR EACH ROW EXECUTE FUNCTION fold_entry_words();
