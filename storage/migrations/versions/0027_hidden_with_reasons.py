"""Every hidden post has a decision with a reason that is still in force."""

from storage.migrations.plain import run

revision = "0027"
down_revision = "0026"

# Checked at commit, as a decision can be inserted before or after its action. Another constraint ensures that the
# decision has a rule and facts.
REASONS = """
CREATE FUNCTION ensure_hidden_with_reason(post bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM posts WHERE id = post AND state = 'hidden') AND NOT EXISTS (
        SELECT FROM decisions d JOIN cases c ON c.id = d.case_id
        WHERE c.object_kind = 'post' AND c.object_id = post AND d.action = 'hide'
            AND d.undone_at IS NULL AND d.reversed_at IS NULL)
    THEN
        RAISE check_violation USING
            MESSAGE = format('post %s is hidden, and no decision says why', post),
            CONSTRAINT = 'hidden_posts_have_reasons';
    END IF;
END $$;
CREATE FUNCTION hidden_post_has_reason() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM ensure_hidden_with_reason(NEW.id);
    RETURN NULL;
END $$;
CREATE FUNCTION ended_decision_hides_nothing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM ensure_hidden_with_reason(object_id) FROM cases WHERE id = NEW.case_id AND object_kind = 'post';
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER hidden_posts_have_reasons AFTER INSERT OR UPDATE OF state ON posts
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.state = 'hidden') EXECUTE FUNCTION hidden_post_has_reason();
CREATE CONSTRAINT TRIGGER ended_decisions_hide_nothing AFTER UPDATE OF undone_at, reversed_at ON decisions
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.action = 'hide' AND (NEW.undone_at IS NOT NULL OR NEW.reversed_at IS NOT NULL))
    EXECUTE FUNCTION ended_decision_hides_nothing();
"""


def upgrade() -> None:
    run(REASONS)
