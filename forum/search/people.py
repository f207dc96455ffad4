"""People found by name: their pages are shown before the posts, and they are offered to whoever mentions somebody.

Visitors find only somebody whose whole name or handle they type, so that nobody can collect the names of members.
"""

import re
from collections.abc import Sequence

from core import clock
from core.actor import Actor
from forum.search.query_parser import ParsedQuery
from forum.search.query_terms import terms_of_item
from forum.search.tokenizer.folding import UMLAUTS, fold
from forum.search.vectors import make_vector
from members.profiles.profiles import MAX_SUGGESTIONS, find_members_by_prefix
from members.shapes import Author, MemberList
from storage.database import Database, Reader, Transaction
from storage.quarantine import BatchJob
from storage.statements import statement

BATCH_SIZE = 500
# A query of more words is no name. Of the people that fit, the first few are shown.
MAX_WORDS, MAX_PEOPLE, MAX_FOUND = 6, 3, 30
# One process indexes at a time: a name that was read before a change must not be written after it.
TRY_LOCK_INDEXING_PEOPLE = statement("SELECT pg_try_advisory_xact_lock(7306)")
DELETE_FIRST_QUEUED_PEOPLE = statement("""
DELETE FROM search_people_queue WHERE id IN (
    SELECT q.id FROM search_people_queue q WHERE NOT EXISTS (
    SELECT FROM quarantine w WHERE w.job = 'search of people' AND w.item = CAST(q.member_id AS text) AND w.due_at > :now)
    ORDER BY q.id LIMIT :count)
RETURNING member_id
""")
SELECT_NAMES = statement(
    "SELECT id, handle, display_name FROM public_authors WHERE id = ANY(CAST(:ids AS bigint[]))"
)
UPSERT_SEARCH_PEOPLE = statement("""
INSERT INTO search_people (member_id, vector)
SELECT id, CAST(vector AS tsvector) FROM unnest(CAST(:ids AS bigint[]), CAST(:vectors AS text[])) AS made (id, vector)
ON CONFLICT (member_id) DO UPDATE SET vector = excluded.vector
""")
# Somebody who registered but has not confirmed an address is not shown. Authors of imported archives have no account.
SELECT_PEOPLE = statement("""
SELECT a.id, a.handle, a.display_name, a."group", a.picture
FROM search_people s JOIN members m ON m.id = s.member_id JOIN public_authors a ON a.id = m.id
WHERE s.vector @@ CAST(:wanted AS tsquery) AND (NOT m.is_claimed OR m.email_verified_at IS NOT NULL)
ORDER BY m.is_claimed DESC, length(a.display_name), a.handle LIMIT :count
""")
SELECT_SUGGESTED = statement("""
SELECT a.id, a.handle, a.display_name, a."group", a.picture
FROM search_people s JOIN members m ON m.id = s.member_id JOIN public_authors a ON a.id = m.id
WHERE s.vector @@ CAST(:wanted AS tsquery) AND m.is_claimed AND m.email_verified_at IS NOT NULL
    AND a.id <> ALL(CAST(:known AS bigint[]))
ORDER BY length(a.display_name), a.handle LIMIT :count
""")
_NO_NAME = re.compile(r"[%_*\"\\|&!()<>]")
# Names are written with umlauts or without them.
_LANGUAGES = ("de",)


async def index_next_people(db: Database) -> bool:
    """Index a batch of new and changed names and return whether there were any. A scheduled job."""
    return await _INDEXING.run_next(db, BATCH_SIZE)


async def _take_queued(tx: Transaction, count: int) -> list[int]:
    if not await tx.value(TRY_LOCK_INDEXING_PEOPLE):
        return []
    queued = await tx.rows(DELETE_FIRST_QUEUED_PEOPLE, count=count, now=clock.now())
    return list({row["member_id"] for row in queued})


async def _index(tx: Transaction, ids: Sequence[int]) -> None:
    rows = await tx.rows(SELECT_NAMES, ids=ids)
    vectors = [make_vector(row["display_name"], row["handle"], "", ()) for row in rows]
    if rows:
        await tx.run(UPSERT_SEARCH_PEOPLE, ids=[row["id"] for row in rows], vectors=vectors)


_INDEXING = BatchJob("search of people", _take_queued, _index)


async def find_people(tx: Reader, actor: Actor, query: ParsedQuery) -> list[Author]:
    """Return the people whose name has all words of a query, those with exactly this name first."""
    words = query.plain_words()
    if not words or len(words) > MAX_WORDS or not query.is_words_only:
        return []
    wanted = _to_tsquery(words)
    if not wanted:
        return []
    rows = await tx.rows(SELECT_PEOPLE, wanted=wanted, count=MAX_FOUND)
    typed = fold(" ".join(words)).removeprefix("@")
    whole = [row for row in rows if _is_whole(typed, row["display_name"]) or typed == fold(row["handle"])]
    others = [row for row in rows if row not in whole] if actor.id is not None else []
    return [Author(**row) for row in [*whole, *others][:MAX_PEOPLE]]


async def suggest_members(tx: Reader, actor: Actor, typed: str) -> MemberList:
    """Return up to eight members whose handle, or a word of whose name, begins as typed; raise SignInFirst for visitors."""
    actor.signed_in()
    found = await find_members_by_prefix(tx, typed)
    words = typed.removeprefix("@").split()
    if len(found) < MAX_SUGGESTIONS and 0 < len(words) <= MAX_WORDS and not _NO_NAME.search(typed):
        wanted = _to_tsquery([*words[:-1], f"{words[-1]}*"])
        known, count = [one.id for one in found], MAX_SUGGESTIONS - len(found)
        rows = await tx.rows(SELECT_SUGGESTED, wanted=wanted, known=known, count=count) if wanted else []
        found += [Author(**row) for row in rows]
    return MemberList(found)


def _is_whole(typed: str, name: str) -> bool:
    """Return whether these are all words of a name, in any order: Núñez, José."""
    names = (fold(name), fold(name.lower().translate(UMLAUTS)))
    return sorted(typed.replace(",", " ").split()) in [sorted(one.split()) for one in names]


def _to_tsquery(words: Sequence[str]) -> str:
    terms = [term for word in words for term in terms_of_item(word, _LANGUAGES)]
    return " & ".join(f"({term.written()})" for term in terms)
