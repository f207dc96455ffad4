-- Written by `make schema` from a migrated database; do not edit.

CREATE TRIGGER entry_follows_post AFTER UPDATE OF state ON posts FOR EACH ROW WHEN (old.state IS DISTINCT FROM new.state) EXECUTE FUNCTION entry_follows_post();
