-- Written by `make schema` from a migrated database; do not edit.

CREATE TRIGGER search_language AFTER UPDATE OF language ON posts FOR EACH ROW WHEN (old.language IS DISTINCT FROM new.language) EXECUTE FUNCTION search_again();
