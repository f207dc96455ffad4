"""Indexing: the worker indexes changed posts and names within seconds, and all of them again for a new tokenizer.

The index does not contain who may see a post; each search checks that. Changed posts come before those that only have to be
indexed again. Of two workers with different tokenizers, the one with the older does not index.
"""

from collections.abc import Sequence
from typing import Any

from asyncpg import Record

from core import clock
from core.threads import in_thread
from forum.search.languages import language_of, to_configuration
from forum.search.texts import indexed_text, suggestible_words
from forum.search.tokenizer.tokens import TOKENIZER_VERSION
from forum.search.vectors import FILTER_MARK, make_vector, title_marks
from storage.database import Database, Transaction
from storage.quarantine import BatchJob
from storage.statements import statement

BATCH_SIZE = 200
# So many characters of a post are indexed; more than a post has, but a PDF can be longer.
MAX_INDEXED_LENGTH = 200_000
# One process indexes at a time: text that was read before a change must not be written after it.
TRY_LOCK_INDEXING = statement("SELECT pg_try_advisory_xact_lock(7305)")
SELECT_REINDEX_STATE = statement("SELECT tokenizer, below FROM search_reindex")
BEGIN_REINDEX = statement("""
INSERT INTO search_reindex (tokenizer, below) VALUES (:version, (SELECT coalesce(max(id), 0) + 1 FROM posts))
ON CONFLICT (is_only) DO UPDATE SET tokenizer = excluded.tokenizer, below = excluded.below
""")
SET_BELOW = statement("UPDATE search_reindex SET below = :below")
DELETE_FIRST_QUEUED_POSTS = statement("""
DELETE FROM search_queue WHERE id IN (
    SELECT q.id FROM search_queue q WHERE NOT EXISTS (
    SELECT FROM quarantine w WHERE w.job = 'search' AND w.item = CAST(q.post_id AS text) AND w.due_at > :now)
ORDER BY q.id LIMIT :count)
RETURNING post_id
""")
QUEUE_POST = statement("""
INSERT INTO search_queue (post_id) SELECT CAST(:post AS bigint)
WHERE NOT EXISTS (SELECT FROM search_queue WHERE post_id = :post)
""")
SELECT_OUTDATED_POSTS = statement("""
SELECT p.id FROM posts p WHERE p.id < :below AND NOT EXISTS (
    SELECT FROM quarantine w WHERE w.job = 'search' AND w.item = CAST(p.id AS text) AND w.due_at > :now)
ORDER BY p.id DESC LIMIT :count
""")
SELECT_POSTS_TO_INDEX = statement("""
SELECT p.id, p.posted_at, p.html, p.language, p.number, p.author_id, t.title, t.titles, t.tags, t.sector_id, (
    SELECT string_agg(x.words, ' ') FROM file_uses u JOIN files f ON f.id = u.file_id
    JOIN file_texts x ON x.sha256 = f.sha256 WHERE u.post_id = p.id AND f.hidden_at IS NULL
) AS pdf_words
FROM posts p JOIN topics t ON t.id = p.topic_id WHERE p.id = ANY(CAST(:ids AS bigint[]))
""")
UPSERT_SEARCH_POSTS = statement("""
INSERT INTO search_posts (post_id, posted_at, language, vector)
SELECT id, posted_at, language, CAST(vector AS tsvector)
FROM unnest(CAST(:ids AS bigint[]), CAST(:times AS timestamptz[]), CAST(:languages AS text[]), CAST(:vectors AS text[]))
    AS made (id, posted_at, language, vector)
ON CONFLICT (post_id) DO UPDATE SET language = excluded.language, vector = excluded.vector
""")
INSERT_SEARCH_WORDS = statement("""
INSERT INTO search_words SELECT unnest(CAST(:words AS text[])) ON CONFLICT DO NOTHING
""")
DELETE_SEARCH_WORDS = statement("DELETE FROM search_words")
QUEUE_ALL_PEOPLE = statement("INSERT INTO search_people_queue (member_id) SELECT id FROM members")
COUNT_POSTS_TO_INDEX = statement("""
SELECT (SELECT count(*) FROM search_queue)
    + (SELECT count(*) FROM posts WHERE id < (SELECT below FROM search_reindex))
""")


async def index_next_posts(languages: tuple[str, ...], db: Database) -> bool:
    """Index a batch of posts and return whether there were any; `languages` are the community's (ISO 639-1).

    A scheduled job.
    """

    async def index(tx: Transaction, ids: Sequence[int]) -> None:
        await _write_vectors(tx, await tx.rows(SELECT_POSTS_TO_INDEX, ids=ids), languages)

    async with db.begin() as tx:
        if await _begin_reindex_if_new(tx):
            return True
    return await BatchJob("search", _take_posts, index, _put_back).run_next(db, BATCH_SIZE)


async def _begin_reindex_if_new(tx: Transaction) -> bool:
    state = await tx.row(SELECT_REINDEX_STATE)
    is_new = state is None or state["tokenizer"] < TOKENIZER_VERSION
    if not is_new or not await tx.value(TRY_LOCK_INDEXING):
        return False
    await _begin_reindex(tx)
    return True


async def _take_posts(tx: Transaction, count: int) -> list[int]:
    if not await tx.value(TRY_LOCK_INDEXING):
        return []
    state = await tx.row(SELECT_REINDEX_STATE)
    if state is None or state["tokenizer"] != TOKENIZER_VERSION:
        return []
    queued = await tx.rows(DELETE_FIRST_QUEUED_POSTS, count=count, now=clock.now())
    return list({row["post_id"] for row in queued}) or await _take_outdated(tx, state["below"], count)


async def _put_back(tx: Transaction, post: int) -> None:
    # A post that was only outdated is passed by, so it must be in the queue to be tried again.
    await tx.run(QUEUE_POST, post=post)


async def reindex_all(db: Database) -> int:
    """Let the worker index everything again, the newest posts first; return how many posts there are to index."""
    async with db.begin() as tx:
        await _begin_reindex(tx)
    return await count_posts_to_index(db)


async def count_posts_to_index(db: Database) -> int:
    """Return how many posts are not yet in the index as they are now."""
    async with db.read() as tx:
        return int(await tx.value(COUNT_POSTS_TO_INDEX) or 0)


def filter_marks(sector: int, author: int | None, tags: Sequence[str]) -> list[str]:
    """Return the filter marks of a post: its sector, its author and its tags."""
    by = [] if author is None else [f"{FILTER_MARK}a{author}"]
    return [f"{FILTER_MARK}s{sector}", *by, *(f"{FILTER_MARK}t{tag}" for tag in tags)]


async def _begin_reindex(tx: Transaction) -> None:
    await tx.run(BEGIN_REINDEX, version=TOKENIZER_VERSION)
    await tx.run(DELETE_SEARCH_WORDS)
    await tx.run(QUEUE_ALL_PEOPLE)


async def _take_outdated(tx: Transaction, below: int, count: int) -> list[int]:
    if not below:
        return []
    rows = await tx.rows(SELECT_OUTDATED_POSTS, below=below, count=count, now=clock.now())
    await tx.run(SET_BELOW, below=min((row["id"] for row in rows), default=0))
    return [row["id"] for row in rows]


async def _write_vectors(tx: Transaction, rows: Sequence[Record], languages: tuple[str, ...]) -> None:
    # In a thread: a batch of long posts takes longer than requests should wait.
    columns, words = await in_thread(_make_vectors, rows, languages)
    await tx.run(UPSERT_SEARCH_POSTS, **columns)
    # Sorted, so that two transactions that insert the same words cannot deadlock.
    await tx.run(INSERT_SEARCH_WORDS, words=sorted(words))


def _make_vectors(
    rows: Sequence[Record], languages: tuple[str, ...]
) -> tuple[dict[str, list[Any]], set[str]]:
    words: set[str] = set()
    columns: dict[str, list[Any]] = {name: [] for name in ("ids", "times", "languages", "vectors")}
    for row in rows:
        # The words of a PDF find the posts that link to it.
        text = f"{indexed_text(row['html'])} {row['pdf_words'] or ''}"[:MAX_INDEXED_LENGTH]
        # The title finds the first post of a topic, in each language that it has.
        title = " ".join([row["title"], *row["titles"].values()]) if row["number"] == 1 else ""
        words |= suggestible_words(f"{title} {text}")
        language = language_of(row["language"], f"{title} {text}", languages)
        marks = [*filter_marks(row["sector_id"], row["author_id"], row["tags"]), *title_marks(title)]
        facts = (
            row["id"],
            row["posted_at"],
            to_configuration(language),
            make_vector(title, text, language, marks),
        )
        for column, fact in zip(columns.values(), facts, strict=True):
            column.append(fact)
    return columns, words
