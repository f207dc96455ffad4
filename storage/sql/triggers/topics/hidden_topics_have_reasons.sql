-- Written by `make schema` from a migrated database; do not edit.

CREATE CONSTRAINT TRIGGER hidden_topics_have_reasons AFTER INSERT OR UPDATE OF hidden_at ON topics DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (new.hidden_at IS NOT NULL) EXECUTE FUNCTION hidden_has_reason('topic');
