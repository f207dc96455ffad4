-- Written by `make schema` from a migrated database; do not edit.

CREATE TRIGGER search_new AFTER INSERT ON posts FOR EACH ROW EXECUTE FUNCTION search_again();
