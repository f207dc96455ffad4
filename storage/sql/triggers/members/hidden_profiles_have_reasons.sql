-- Written by `make schema` from a migrated database; do not edit.

CREATE CONSTRAINT TRIGGER hidden_profiles_have_reasons AFTER INSERT OR UPDATE OF profile_hidden_at ON members DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (new.profile_hidden_at IS NOT NULL) EXECUTE FUNCTION hidden_has_reason('profile');
