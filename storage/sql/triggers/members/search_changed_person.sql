-- Written by `make schema` from a migrated database; do not edit.

CREATE TRIGGER search_changed_person AFTER UPDATE OF handle, display_name ON members FOR EACH ROW WHEN (old.handle IS DISTINCT FROM new.handle OR old.display_name IS DISTINCT FROM new.display_name) EXECUTE FUNCTION search_person_again();
