-- Written by `make schema` from a migrated database; do not edit.

CREATE TRIGGER editions_stay BEFORE DELETE OR UPDATE ON editions FOR EACH ROW EXECUTE FUNCTION editions_stay();
