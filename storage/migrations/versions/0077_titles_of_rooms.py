"""Rooms and sessions can have their titles in further languages; the topics of rooms and boards, and notifications about
gatherings, know them too."""

from storage.migrations.plain import run

revision = "0077"
down_revision = "0076"

UPGRADE = """
ALTER TABLE topics ADD COLUMN titles jsonb NOT NULL DEFAULT '{}';
ALTER TABLE programme_sessions ADD COLUMN translations jsonb NOT NULL DEFAULT '{}';
ALTER TABLE notifications ADD COLUMN titles jsonb NOT NULL DEFAULT '{}';
DROP TRIGGER search_topic ON topics;
CREATE TRIGGER search_topic AFTER UPDATE OF title, titles, tags, sector_id ON topics FOR EACH ROW WHEN (
    old.title IS DISTINCT FROM new.title OR old.titles IS DISTINCT FROM new.titles
    OR old.tags IS DISTINCT FROM new.tags OR old.sector_id IS DISTINCT FROM new.sector_id
) EXECUTE FUNCTION search_topic_again();
UPDATE topics t SET titles = (SELECT jsonb_object_agg(key, value -> 'title') FROM jsonb_each(b.translations))
FROM boards b WHERE b.topic_id = t.id AND b.translations <> '{}';
UPDATE notifications n SET titles = (SELECT jsonb_object_agg(key, value -> 'title') FROM jsonb_each(g.translations))
FROM gatherings g WHERE g.id = n.gathering_id AND g.translations <> '{}';
"""


def upgrade() -> None:
    """Add the columns, and fill them with the titles of boards and gatherings."""
    run(UPGRADE)
