"""Cases about topics, profiles and files, which can be hidden with a reason as posts can."""

from storage.migrations.plain import run

revision = "0032"
down_revision = "0031"

KINDS = """
ALTER TABLE cases DROP CONSTRAINT cases_object_kind_check, ADD CONSTRAINT cases_object_kind_check
    CHECK (object_kind IN ('post', 'topic', 'profile', 'file')),
    -- A profile belongs to no sector: every moderator decides about it.
    ALTER sector_id DROP NOT NULL,
    ADD CONSTRAINT cases_lie_somewhere CHECK ((sector_id IS NULL) = (object_kind = 'profile'));
ALTER TABLE members ADD COLUMN profile_hidden_at timestamptz;
ALTER TABLE files ADD COLUMN hidden_at timestamptz;

-- The subjects of cases of any kind: their author and their place.
CREATE VIEW case_subjects AS
    SELECT c.id AS case_id, t.id AS topic_id, t.gathering_id,
        CASE c.object_kind WHEN 'post' THEN p.author_id WHEN 'topic' THEN t.author_id WHEN 'profile' THEN m.id
            ELSE CASE WHEN u.pseudonym IS NULL THEN f.uploaded_by END END AS author_id,
        coalesce(p.pseudonym, u.pseudonym) AS pseudonym,
        CASE WHEN c.object_kind = 'profile' THEN 'everyone' ELSE coalesce(t.readers, 'listed') END AS readers
    FROM cases c
        LEFT JOIN posts p ON c.object_kind = 'post' AND p.id = c.object_id
        LEFT JOIN members m ON c.object_kind = 'profile' AND m.id = c.object_id
        LEFT JOIN files f ON c.object_kind = 'file' AND f.id = c.object_id
        -- A file lies where it was used first.
        LEFT JOIN LATERAL (
            SELECT q.topic_id, q.pseudonym FROM file_uses fu JOIN posts q ON q.id = fu.post_id
            WHERE c.object_kind = 'file' AND fu.file_id = c.object_id AND q.state <> 'held' ORDER BY q.id LIMIT 1
        ) u ON true
        LEFT JOIN topics t
            ON t.id = CASE WHEN c.object_kind = 'topic' THEN c.object_id ELSE coalesce(p.topic_id, u.topic_id) END;

CREATE FUNCTION is_hidden(kind text, object bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT CASE kind
        WHEN 'post' THEN EXISTS (SELECT FROM posts WHERE id = object AND state = 'hidden')
        -- What a held post was to open is not there yet: that takes nothing from anybody.
        WHEN 'topic' THEN EXISTS (SELECT FROM topics t WHERE t.id = object AND hidden_at IS NOT NULL AND NOT EXISTS (
            SELECT FROM posts p JOIN held_posts h ON h.post_id = p.id
            WHERE p.topic_id = t.id AND h.opens AND h.outcome IS DISTINCT FROM 'approved'))
        WHEN 'profile' THEN EXISTS (SELECT FROM members WHERE id = object AND profile_hidden_at IS NOT NULL)
        ELSE EXISTS (SELECT FROM files WHERE id = object AND hidden_at IS NOT NULL) END
$$;
CREATE FUNCTION ensure_hidden_with_reason(kind text, object bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF is_hidden(kind, object) AND NOT EXISTS (
        SELECT FROM decisions d JOIN cases c ON c.id = d.case_id
        WHERE c.object_kind = kind AND c.object_id = object AND d.action = 'hide'
            AND d.undone_at IS NULL AND d.reversed_at IS NULL)
    THEN
        RAISE check_violation USING
            MESSAGE = format('%s %s is hidden, and no decision says why', kind, object),
            CONSTRAINT = 'hidden_with_reasons';
    END IF;
END $$;
CREATE FUNCTION hidden_has_reason() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM ensure_hidden_with_reason(TG_ARGV[0], NEW.id);
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION hidden_post_has_reason() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM ensure_hidden_with_reason('post', NEW.id);
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION ended_decision_hides_nothing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM ensure_hidden_with_reason(object_kind, object_id) FROM cases WHERE id = NEW.case_id;
    RETURN NULL;
END $$;
DROP FUNCTION ensure_hidden_with_reason(bigint);
CREATE CONSTRAINT TRIGGER hidden_topics_have_reasons AFTER INSERT OR UPDATE OF hidden_at ON topics
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.hidden_at IS NOT NULL)
    EXECUTE FUNCTION hidden_has_reason('topic');
CREATE CONSTRAINT TRIGGER hidden_profiles_have_reasons AFTER INSERT OR UPDATE OF profile_hidden_at ON members
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.profile_hidden_at IS NOT NULL)
    EXECUTE FUNCTION hidden_has_reason('profile');
CREATE CONSTRAINT TRIGGER hidden_files_have_reasons AFTER INSERT OR UPDATE OF hidden_at ON files
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.hidden_at IS NOT NULL)
    EXECUTE FUNCTION hidden_has_reason('file');
"""


def upgrade() -> None:
    run(KINDS)
