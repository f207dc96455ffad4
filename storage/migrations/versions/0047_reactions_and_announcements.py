"""Nobody reacts to their own posts; no e-mail quotes a post while its author can edit it silently; members are notified of
gatherings."""

from storage.migrations.plain import run

revision = "0047"
down_revision = "0046"

# Reactions to anonymous posts stay: only the author's own session can tell that the post is the author's.
DELETE_OWN = """
WITH own AS (
    DELETE FROM reactions r USING posts p
    WHERE p.id = r.post_id AND p.author_id = r.member_id
    RETURNING r.post_id
)
UPDATE posts SET reactions = coalesce((
    SELECT jsonb_object_agg(counted.kind, counted.n ORDER BY counted.kind)
    FROM (
        SELECT r.kind, count(*) AS n FROM reactions r
        WHERE r.post_id = posts.id AND r.member_id IS DISTINCT FROM posts.author_id
        GROUP BY r.kind
    ) AS counted
), '{}')
WHERE id IN (SELECT post_id FROM own);
"""

# The code that is still running does not know the rule. So the trigger skips such a row instead of failing: to that code it
# looks like a reaction that had been set before.
TRIGGER = """
CREATE FUNCTION skip_reaction_to_own_post() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM posts WHERE id = NEW.post_id AND author_id = NEW.member_id) THEN
        RETURN NULL;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER reactions_come_from_others BEFORE INSERT ON reactions
    FOR EACH ROW EXECUTE FUNCTION skip_reaction_to_own_post();
"""

# Immediate e-mails wait ten minutes; a daily or weekly one could have been due a minute after the post.
MAIL = """
CREATE OR REPLACE FUNCTION mail_due(every text, zone text, told timestamptz) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE every
        WHEN 'at_once' THEN told + interval '10 minutes'
        WHEN 'daily' THEN greatest(told + interval '10 minutes',
            (date_trunc('day', (told AT TIME ZONE zone) - interval '7 hours') + interval '1 day 7 hours')
            AT TIME ZONE zone)
        WHEN 'weekly' THEN greatest(told + interval '10 minutes',
            (date_trunc('week', (told AT TIME ZONE zone) - interval '7 hours') + interval '7 days 7 hours')
            AT TIME ZONE zone)
    END
$$;
"""

# The check holds for what the code that is still running writes: it leaves the new column out.
GATHERINGS = """
ALTER TABLE notifications
    ADD COLUMN gathering_id bigint REFERENCES gatherings ON DELETE CASCADE,
    DROP CONSTRAINT notifications_are_about_something,
    ADD CONSTRAINT notifications_are_about_something CHECK (num_nonnulls(topic_id, decision_id, gathering_id) = 1),
    DROP CONSTRAINT notifications_tell_once,
    ADD CONSTRAINT notifications_tell_once
        UNIQUE NULLS NOT DISTINCT (member_id, kind, topic_id, post_id, decision_id, gathering_id);
CREATE INDEX notifications_gathering ON notifications (gathering_id) WHERE gathering_id IS NOT NULL;
"""


def upgrade() -> None:
    """Delete reactions to own posts and take no new ones; let e-mails wait; notify of gatherings."""
    run(f"LOCK TABLE reactions IN SHARE ROW EXCLUSIVE MODE; {DELETE_OWN} {TRIGGER} {MAIL} {GATHERINGS}")
