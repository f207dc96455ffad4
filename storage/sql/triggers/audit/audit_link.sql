-- Written by `make schema` from a migrated database; do not edit.

CREATE TRIGGER audit_link BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION audit_link();
