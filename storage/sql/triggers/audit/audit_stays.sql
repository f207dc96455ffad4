-- Written by `make schema` from a migrated database; do not edit.

CREATE TRIGGER audit_stays BEFORE DELETE OR UPDATE OR TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_stays();
