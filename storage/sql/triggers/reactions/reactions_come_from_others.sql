-- Written by `make schema` from a migrated database; do not edit.

CREATE TRIGGER reactions_come_from_others BEFORE INSERT ON reactions FOR EACH ROW EXECUTE FUNCTION skip_reaction_to_own_post();
