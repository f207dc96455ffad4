"""Functions that hide rows directly, with the decision that the database requires."""

from storage.database import Database
from tests.support.service import raw_sql

_REASON = """
WITH made AS (
    INSERT INTO cases (object_kind, object_id, sector_id, state, opened_at)
    SELECT 'post', p.id, t.sector_id, 'decided', now() FROM posts p JOIN topics t ON t.id = p.topic_id
    WHERE p.id = ANY ($1) RETURNING id
)
INSERT INTO decisions (case_id, action, rule, facts, decided_at, author_told_at)
SELECT id, 'hide', 'A rule', 'Some facts', now(), now() FROM made
"""


async def give_reason(db: Database, *posts: int) -> None:
    """Insert decisions that allow posts to be hidden; nobody is notified."""
    await raw_sql(db).execute(_REASON, posts)


async def give_topics_reason(db: Database, *topics: int) -> None:
    """Insert decisions that allow topics to be hidden: these topics, or all topics if none is given."""
    await raw_sql(db).execute(
        _REASON.replace("'post', p.id", "'topic', t.id")
        .replace("posts p JOIN topics t ON t.id = p.topic_id", "topics t")
        .replace("p.id = ANY ($1)", "t.id = ANY ($1) OR $1 = '{}'"),
        topics,
    )


async def hide_rows(db: Database, *posts: int) -> None:
    """Hide posts without changing counts and without publishing an event."""
    await give_reason(db, *posts)
    await raw_sql(db).execute("UPDATE posts SET state = 'hidden' WHERE id = ANY ($1)", posts)
