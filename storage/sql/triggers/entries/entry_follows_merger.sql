-- Written by `make schema` from a migrated database; do not edit.

CREATE TRIGGER entry_follows_merger BEFORE UPDATE OF merged_into ON entries FOR EACH ROW EXECUTE FUNCTION entry_follows_merger();
