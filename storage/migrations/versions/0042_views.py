"""Views that define once what a member shows in public and which topics and posts everybody can read."""

from storage.migrations.plain import run

revision = "0042"
down_revision = "0041"

VIEWS = """
-- Authors as every reader may see them: the stakeholder group only if the member has made it public.
CREATE VIEW public_authors AS
    SELECT id, handle, display_name,
        CASE WHEN 'stakeholder_group' = ANY(public) THEN stakeholder_group END AS "group"
    FROM members;

-- Topics that everybody can read, with or without an account.
CREATE VIEW open_topics AS
    SELECT id, sector_id
    FROM topics
    WHERE withdrawn_at IS NULL AND hidden_at IS NULL AND merged_into IS NULL AND readers = 'everyone';

-- Posts whose text everybody can read.
CREATE VIEW open_posts AS
    SELECT p.id, p.topic_id, t.sector_id, p.author_id
    FROM posts p JOIN open_topics t ON t.id = p.topic_id
    WHERE p.state = 'published';

-- The subject of each case: its author, its place, its readers, and whether everybody can read there.
CREATE OR REPLACE VIEW case_subjects AS
    SELECT c.id AS case_id, t.id AS topic_id, t.gathering_id,
        CASE c.object_kind WHEN 'post' THEN p.author_id WHEN 'topic' THEN t.author_id WHEN 'profile' THEN m.id
            ELSE CASE WHEN u.pseudonym IS NULL THEN f.uploaded_by END END AS author_id,
        coalesce(p.pseudonym, u.pseudonym) AS pseudonym,
        CASE WHEN c.object_kind = 'profile' THEN 'everyone' ELSE coalesce(t.readers, 'listed') END AS readers,
        c.object_kind = 'profile' OR coalesce(t.readers = 'everyone', false) AS is_public
    FROM cases c
        LEFT JOIN posts p ON c.object_kind = 'post' AND p.id = c.object_id
        LEFT JOIN members m ON c.object_kind = 'profile' AND m.id = c.object_id
        LEFT JOIN files f ON c.object_kind = 'file' AND f.id = c.object_id
        -- A file belongs to the first post that used it.
        LEFT JOIN LATERAL (
            SELECT q.topic_id, q.pseudonym FROM file_uses fu JOIN posts q ON q.id = fu.post_id
            WHERE c.object_kind = 'file' AND fu.file_id = c.object_id AND q.state <> 'held' ORDER BY q.id LIMIT 1
        ) u ON true
        LEFT JOIN topics t
            ON t.id = CASE WHEN c.object_kind = 'topic' THEN c.object_id ELSE coalesce(p.topic_id, u.topic_id) END;

-- Replaced by case_subjects in revision 0032; no code reads it.
DROP VIEW case_objects;
"""


def upgrade() -> None:
    run(VIEWS)
