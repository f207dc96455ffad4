-- Written by `make schema` from a migrated database; do not edit.

CREATE TRIGGER entry_follows_topic AFTER UPDATE OF hidden_at, withdrawn_at ON topics FOR EACH ROW WHEN (new.kind = 'entry'::text) EXECUTE FUNCTION entry_follows_topic();
