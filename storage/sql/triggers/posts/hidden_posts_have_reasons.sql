-- Written by `make schema` from a migrated database; do not edit.

CREATE CONSTRAINT TRIGGER hidden_posts_have_reasons AFTER INSERT OR UPDATE OF state ON posts DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (new.state = 'hidden'::text) EXECUTE FUNCTION hidden_post_has_reason();
