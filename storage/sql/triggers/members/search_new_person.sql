-- Written by `make schema` from a migrated database; do not edit.

CREATE TRIGGER search_new_person AFTER INSERT ON members FOR EACH ROW EXECUTE FUNCTION search_person_again();
