"""Indexing: what changed is read anew by the worker, some posts at a time, seconds later at most. Who may see a post is
not in the index: that is asked when somebody searches."""

from collections.abc import Sequence
from typing import Any

from asyncpg import Record

from forum.search.languages import detect_configuration, separate_words
from forum.search.texts import plain_text, suggestible_words
from storage.database import Database, Transaction
from storage.statements import statement

BATCH = 200
# Of one text; longer ones are found by how they begin. A vector of PostgreSQL holds less than 1 MB.
LONGEST = 200_000
# One at a time over all processes: what was read before a change must not be written after it.
_ALONE = statement("SELECT pg_try_advisory_xact_lock(7305)")
_TAKE = statement("""
DELETE FROM search_queue WHERE id IN (SELECT id FROM search_queue ORDER BY id LIMIT :count) RETURNING post_id
""")
_READ = statement("""
SELECT p.id, p.posted_at, p.html, p.number, p.author_id, t.title, t.tags, t.sector_id, (
    SELECT string_agg(x.words, ' ') FROM file_uses u JOIN files f ON f.id = u.file_id
    JOIN file_texts x ON x.sha256 = f.sha256 WHERE u.post_id = p.id AND f.hidden_at IS NULL
) AS papers
FROM posts p JOIN topics t ON t.id = p.topic_id WHERE p.id = ANY(CAST(:ids AS bigint[]))
""")
_WRITE = statement("""
INSERT INTO search_posts (post_id, posted_at, language, vector)
SELECT id, posted_at, language, setweight(to_tsvector(CAST(language AS regconfig), title), 'A')
    || to_tsvector(CAST(language AS regconfig), words) || array_to_tsvector(string_to_array(marks, ' '))
FROM unnest(CAST(:ids AS bigint[]), CAST(:times AS timestamptz[]), CAST(:languages AS text[]), CAST(:titles AS text[]),
    CAST(:texts AS text[]), CAST(:marks AS text[])) AS read (id, posted_at, language, title, words, marks)
ON CONFLICT (post_id) DO UPDATE SET language = excluded.language, vector = excluded.vector
""")
_KEEP_WORDS = statement("""
INSERT INTO search_words SELECT unnest(CAST(:words AS text[])) ON CONFLICT DO NOTHING
""")
_QUEUE_ALL = statement("INSERT INTO search_queue (post_id) SELECT id FROM posts ORDER BY id DESC")
_FORGET_WORDS = statement("DELETE FROM search_words")
_WAITING = statement("SELECT count(*) FROM search_queue")

# What no parser takes from a text, so that nobody writes a mark.
FILTER_MARK = "§"


async def index_next_posts(languages: tuple[str, ...], db: Database) -> bool:
    """Index some of the posts that changed; whether there were any. `languages` are those of the community."""
    async with db.begin() as tx:
        if not await tx.value(_ALONE):
            return False
        taken = await tx.rows(_TAKE, count=BATCH)
        if taken:
            rows = await tx.rows(_READ, ids=list({row["post_id"] for row in taken}))
            await _write(tx, rows, languages)
    return bool(taken)


async def queue_all_posts(db: Database) -> int:
    """Have all posts indexed anew, the newest first; how many wait now."""
    async with db.begin() as tx:
        await tx.run(_FORGET_WORDS)
        await tx.run(_QUEUE_ALL)
    return await count_queued_posts(db)


async def count_queued_posts(db: Database) -> int:
    """How many changes are not in the index yet."""
    async with db.read() as tx:
        return int(await tx.value(_WAITING))


def filter_marks(sector: int, author: int | None, tags: Sequence[str]) -> list[str]:
    """What a post is filtered by."""
    by = [] if author is None else [f"{FILTER_MARK}a{author}"]
    return [f"{FILTER_MARK}s{sector}", *by, *(f"{FILTER_MARK}t{tag}" for tag in tags)]


async def _write(tx: Transaction, rows: Sequence[Record], languages: tuple[str, ...]) -> None:
    words: set[str] = set()
    columns: dict[str, list[Any]] = {
        name: [] for name in ("ids", "times", "languages", "titles", "texts", "marks")
    }
    for row in rows:
        # What its PDFs say is found with the post that shows them.
        text = f"{plain_text(row['html'])} {row['papers'] or ''}"[:LONGEST]
        # A topic is found by its title where it begins.
        title = row["title"] if row["number"] == 1 else ""
        words |= suggestible_words(f"{title} {text}")
        language = detect_configuration(f"{title} {text}", languages)
        marks = " ".join(filter_marks(row["sector_id"], row["author_id"], row["tags"]))
        facts = (row["id"], row["posted_at"], language, separate_words(title), separate_words(text), marks)
        for column, fact in zip(columns.values(), facts, strict=True):
            column.append(fact)
    await tx.run(_WRITE, **columns)
    # In one order everywhere, so that two who keep the same words do not wait for each other crosswise.
    await tx.run(_KEEP_WORDS, words=sorted(words))
