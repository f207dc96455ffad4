-- Written by `make schema` from a migrated database; do not edit.

CREATE CONSTRAINT TRIGGER ended_decisions_hide_nothing AFTER UPDATE OF undone_at, reversed_at ON decisions DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (new.action = 'hide'::text AND (new.undone_at IS NOT NULL OR new.reversed_at IS NOT NULL)) EXECUTE FUNCTION ended_decision_hides_nothing();
