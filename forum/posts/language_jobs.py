"""The job that detects the language of posts that are older than the column, a hundred at a time, the newest first.

It records no events: the language changes nothing but how a text is read aloud and set.
"""

from collections.abc import Sequence

from core import clock
from forum.posts.languages import detect_in_texts
from storage.database import Database, Transaction
from storage.quarantine import BatchJob
from storage.statements import statement

BATCH_SIZE = 100

# Posts that somebody is changing are looked at by the next batch, if the change does not do it.
TAKE_POSTS_WITHOUT_LANGUAGE = statement("""
SELECT p.id FROM posts p WHERE p.language_by IS NULL AND NOT EXISTS (
    SELECT FROM quarantine w WHERE w.job = 'languages of posts' AND w.item = CAST(p.id AS text) AND w.due_at > :now)
ORDER BY p.id DESC LIMIT :count FOR NO KEY UPDATE OF p SKIP LOCKED
""")
SELECT_TEXTS_WITHOUT_LANGUAGE = statement("SELECT id, html FROM posts WHERE id = ANY(CAST(:ids AS bigint[]))")
UPDATE_LANGUAGES = statement("""
UPDATE posts SET language = found.language, language_by = 'detected'
FROM unnest(CAST(:ids AS bigint[]), CAST(:languages AS text[])) AS found (id, language) WHERE posts.id = found.id
""")


async def detect_next_languages(db: Database) -> bool:
    """Detect the language of a batch of posts that have none, and return whether there were any; a scheduled job."""
    return await BatchJob("languages of posts", _take, _detect).run_next(db, BATCH_SIZE)


async def _take(tx: Transaction, count: int) -> list[int]:
    rows = await tx.rows(TAKE_POSTS_WITHOUT_LANGUAGE, count=count, now=clock.now())
    return [row["id"] for row in rows]


async def _detect(tx: Transaction, ids: Sequence[int]) -> None:
    rows = await tx.rows(SELECT_TEXTS_WITHOUT_LANGUAGE, ids=ids)
    found = await detect_in_texts([row["html"] for row in rows])
    await tx.run(UPDATE_LANGUAGES, ids=[row["id"] for row in rows], languages=[one.tag for one in found])
