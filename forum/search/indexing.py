"""Indexing: the worker indexes changed posts in batches, within seconds.

The index does not contain who may see a post; each search checks that.
"""

from collections.abc import Sequence
from typing import Any

from asyncpg import Record

from forum.search.languages import detect_configuration, separate_words
from forum.search.texts import plain_text, suggestible_words
from storage.database import Database, Transaction
from storage.statements import statement

BATCH_SIZE = 200
# So many characters of a post are indexed, because a tsvector of PostgreSQL holds less than 1 MB.
MAX_INDEXED_LENGTH = 200_000
# One process indexes at a time: text that was read before a change must not be written after it.
TRY_LOCK_INDEXING = statement("SELECT pg_try_advisory_xact_lock(7305)")
DELETE_FIRST_QUEUED_POSTS = statement("""
DELETE FROM search_queue WHERE id IN (SELECT id FROM search_queue ORDER BY id LIMIT :count) RETURNING post_id
""")
SELECT_POSTS_TO_INDEX = statement("""
SELECT p.id, p.posted_at, p.html, p.number, p.author_id, t.title, t.tags, t.sector_id, (
    SELECT string_agg(x.words, ' ') FROM file_uses u JOIN files f ON f.id = u.file_id
    JOIN file_texts x ON x.sha256 = f.sha256 WHERE u.post_id = p.id AND f.hidden_at IS NULL
) AS pdf_words
FROM posts p JOIN topics t ON t.id = p.topic_id WHERE p.id = ANY(CAST(:ids AS bigint[]))
""")
UPSERT_SEARCH_POSTS = statement("""
INSERT INTO search_posts (post_id, posted_at, language, vector)
SELECT id, posted_at, language, setweight(to_tsvector(CAST(language AS regconfig), title), 'A')
    || to_tsvector(CAST(language AS regconfig), words) || array_to_tsvector(string_to_array(marks, ' '))
FROM unnest(CAST(:ids AS bigint[]), CAST(:times AS timestamptz[]), CAST(:languages AS text[]), CAST(:titles AS text[]),
    CAST(:texts AS text[]), CAST(:marks AS text[])) AS read (id, posted_at, language, title, words, marks)
ON CONFLICT (post_id) DO UPDATE SET language = excluded.language, vector = excluded.vector
""")
INSERT_SEARCH_WORDS = statement("""
INSERT INTO search_words SELECT unnest(CAST(:words AS text[])) ON CONFLICT DO NOTHING
""")
QUEUE_ALL_POSTS = statement("INSERT INTO search_queue (post_id) SELECT id FROM posts ORDER BY id DESC")
DELETE_SEARCH_WORDS = statement("DELETE FROM search_words")
COUNT_QUEUED_POSTS = statement("SELECT count(*) FROM search_queue")

# PostgreSQL's parser never makes a word with this character from a text, so no text can contain a filter mark.
FILTER_MARK = "§"


async def index_next_posts(languages: tuple[str, ...], db: Database) -> bool:
    """Index a batch of changed posts and return whether there were any; `languages` are the community's (ISO 639-1).

    A scheduled job.
    """
    async with db.begin() as tx:
        if not await tx.value(TRY_LOCK_INDEXING):
            return False
        queued = await tx.rows(DELETE_FIRST_QUEUED_POSTS, count=BATCH_SIZE)
        if queued:
            rows = await tx.rows(SELECT_POSTS_TO_INDEX, ids=list({row["post_id"] for row in queued}))
            await _write_vectors(tx, rows, languages)
    return bool(queued)


async def queue_all_posts(db: Database) -> int:
    """Queue all posts to be indexed again, the newest first, and return the length of the queue."""
    async with db.begin() as tx:
        await tx.run(DELETE_SEARCH_WORDS)
        await tx.run(QUEUE_ALL_POSTS)
    return await count_queued_posts(db)


async def count_queued_posts(db: Database) -> int:
    """Return the number of changes that are not yet in the index."""
    async with db.read() as tx:
        return int(await tx.value(COUNT_QUEUED_POSTS))


def filter_marks(sector: int, author: int | None, tags: Sequence[str]) -> list[str]:
    """Return the filter marks of a post: its sector, its author and its tags."""
    by = [] if author is None else [f"{FILTER_MARK}a{author}"]
    return [f"{FILTER_MARK}s{sector}", *by, *(f"{FILTER_MARK}t{tag}" for tag in tags)]


async def _write_vectors(tx: Transaction, rows: Sequence[Record], languages: tuple[str, ...]) -> None:
    words: set[str] = set()
    columns: dict[str, list[Any]] = {
        name: [] for name in ("ids", "times", "languages", "titles", "texts", "marks")
    }
    for row in rows:
        # The words of a PDF find the posts that link to it.
        text = f"{plain_text(row['html'])} {row['pdf_words'] or ''}"[:MAX_INDEXED_LENGTH]
        # The title finds the first post of a topic.
        title = row["title"] if row["number"] == 1 else ""
        words |= suggestible_words(f"{title} {text}")
        language = detect_configuration(f"{title} {text}", languages)
        marks = " ".join(filter_marks(row["sector_id"], row["author_id"], row["tags"]))
        facts = (row["id"], row["posted_at"], language, separate_words(title), separate_words(text), marks)
        for column, fact in zip(columns.values(), facts, strict=True):
            column.append(fact)
    await tx.run(UPSERT_SEARCH_POSTS, **columns)
    # Sorted, so that two transactions that insert the same words cannot deadlock.
    await tx.run(INSERT_SEARCH_WORDS, words=sorted(words))
