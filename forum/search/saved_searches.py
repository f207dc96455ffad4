"""Saved searches: queries whose new matches the member is notified of.

The worker repeats each query over the posts of the last seven days and notifies of the matches that it did not find the
time before. So it also finds posts that were edited, approved or made readable later, and never reports an old match as
new. It searches with the permissions of a plain member: what only a moderator can see is never reported.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from asyncpg import Record
from msgspec.structs import replace

from core import clock
from core.actor import Actor
from core.errors import Invalid, NotFound
from core.ids import MemberId, PostId, TopicId
from core.languages.texts import translatable
from forum.notifications.notifications import notify
from forum.notifications.reasons import Because
from forum.search.candidates import EARLIEST, LATEST, Candidate, find_candidates
from forum.search.filters import resolve_filters
from forum.search.query_parser import parse_query
from forum.search.shapes_saved import NewSearch, SavedSearch, SavedSearches
from members.accounts.actors import load_reader
from storage.database import Database, Reader, Transaction
from storage.quarantine import ItemJob
from storage.statements import statement

MAX_SAVED_SEARCHES = 50
FOUND = "found"
# Longer than a post waits for approval and than the worker is ever stopped.
SEARCHED_PERIOD = timedelta(days=7)
INTERVALS = {"soon": timedelta(minutes=10), "daily": timedelta(days=1)}
# A run notifies of this many topics; the last notification says how many more there are.
MAX_NOTIFICATIONS = 10

SELECT_SAVED_SEARCHES = statement("""
SELECT id, query, told, saved_at FROM saved_searches WHERE member_id = :member ORDER BY query
""")
# Saves of one member run one after another, so that two of them cannot exceed the limit.
LOCK_MEMBER = statement("SELECT id FROM members WHERE id = :member FOR NO KEY UPDATE")
COUNT_OTHER_SAVED_SEARCHES = statement(
    "SELECT count(*) FROM saved_searches WHERE member_id = :member AND query <> :asked"
)
UPSERT_SAVED_SEARCH = statement("""
INSERT INTO saved_searches (member_id, query, told, seen, saved_at, due_at)
VALUES (:member, :asked, :told, :seen, :now, :due)
ON CONFLICT (member_id, query) DO UPDATE SET told = excluded.told, due_at = excluded.due_at,
    seen = CASE WHEN saved_searches.told = 'never' THEN excluded.seen ELSE saved_searches.seen END
RETURNING id, query, told, saved_at
""")
DELETE_SAVED_SEARCH = statement("DELETE FROM saved_searches WHERE id = :id AND member_id = :member")
LOCK_DUE_SEARCH = statement("""
SELECT CAST(s.id AS text) AS item, s.id, s.member_id, s.query, s.seen FROM saved_searches s
WHERE s.due_at <= :now AND NOT EXISTS (
    SELECT FROM quarantine w WHERE w.job = 'saved searches' AND w.item = CAST(s.id AS text) AND w.due_at > :now)
ORDER BY s.due_at LIMIT 1 FOR UPDATE SKIP LOCKED
""")
UPDATE_SEEN_POSTS = statement("""
UPDATE saved_searches SET seen = :seen,
    due_at = CAST(:now AS timestamptz) + CASE told WHEN 'soon' THEN CAST(:soon AS interval) ELSE :daily END
WHERE id = :id
""")
# The member is not notified again of a topic for which such a notification is still unread.
SELECT_TOPICS_WITH_UNREAD_NOTIFICATION = statement("""
SELECT topic_id FROM notifications
WHERE member_id = :member AND kind = :kind AND read_at IS NULL AND topic_id = ANY(CAST(:topics AS bigint[]))
""")


class NothingAsked(Invalid):
    """The query has no word and no filter."""

    message = translatable("This query is empty. Enter a word or a filter.")


class FilterUnknown(Invalid):
    """A filter of the query has a value that does not exist."""

    message = translatable("A filter of this query has a value that does not exist here.")


class TooManySearches(Invalid):
    """The member already has `MAX_SAVED_SEARCHES` saved searches."""

    message = translatable("You have 50 saved searches. Delete one of them first.")


async def save_search(
    tx: Transaction, actor: Actor, new: NewSearch, languages: tuple[str, ...]
) -> SavedSearch:
    """Save a query, or change how often the member is notified of it; the matches of now count as seen.

    Raises SignInFirst, NothingAsked, FilterUnknown or TooManySearches.
    """
    member = actor.signed_in()
    query, now = new.query.strip(), clock.now()
    parsed = parse_query(query)
    if parsed.is_empty:
        raise NothingAsked(field="query")
    if (await resolve_filters(tx, actor, parsed.filters)).unknown:
        raise FilterUnknown(field="query")
    await tx.run(LOCK_MEMBER, member=member)
    if await tx.value(COUNT_OTHER_SAVED_SEARCHES, member=member, asked=query) >= MAX_SAVED_SEARCHES:
        raise TooManySearches(field="query")
    matches = await _find_matches(tx, member, query, languages, now) if new.told != "never" else []
    row = await tx.row(
        UPSERT_SAVED_SEARCH,
        member=member,
        asked=query,
        told=new.told,
        seen=[match.post for match in matches],
        now=now,
        due=now + INTERVALS[new.told] if new.told != "never" else None,
    )
    assert row is not None
    return SavedSearch(**row)


async def delete_search(tx: Transaction, actor: Actor, search_id: int) -> None:
    """Delete a saved search of the member; raise SignInFirst or NotFound."""
    if not await tx.run(DELETE_SAVED_SEARCH, id=search_id, member=actor.signed_in()):
        raise NotFound


async def read_searches(tx: Reader, actor: Actor) -> SavedSearches:
    """Return the member's saved searches in alphabetical order; raise SignInFirst."""
    rows = await tx.rows(SELECT_SAVED_SEARCHES, member=actor.signed_in())
    return SavedSearches([SavedSearch(**row) for row in rows])


async def notify_next_saved_search(languages: tuple[str, ...], db: Database) -> bool:
    """Run one saved search that is due and notify its member of new matches; return whether one was due.

    A scheduled job.
    """

    async def search(tx: Transaction, row: Record) -> None:
        member, now = MemberId(row["member_id"]), clock.now()
        matches = await _find_matches(tx, member, row["query"], languages, now)
        seen = set(row["seen"])
        new = [match for match in matches if match.post not in seen]
        await _notify_of_matches(tx, member, row["query"], new)
        binds = {"id": row["id"], "seen": [match.post for match in matches], "now": now}
        await tx.run(UPDATE_SEEN_POSTS, **binds, **INTERVALS)

    return await ItemJob("saved searches", _take_due_search, search).run_next(db)


async def _take_due_search(tx: Transaction) -> Record | None:
    return await tx.row(LOCK_DUE_SEARCH, now=clock.now())


async def _find_matches(
    tx: Reader, member: MemberId, query: str, languages: tuple[str, ...], now: datetime
) -> list[Candidate]:
    parsed, reader = parse_query(query), await load_reader(tx, member, now)
    filters = await resolve_filters(tx, reader, parsed.filters)
    if filters.unknown:
        return []
    parsed = replace(parsed, since=max(parsed.since or EARLIEST, now - SEARCHED_PERIOD))
    candidates = await find_candidates(tx, reader, parsed, filters, languages, LATEST)
    return candidates.found


async def _notify_of_matches(tx: Transaction, member: MemberId, query: str, new: Sequence[Candidate]) -> None:
    # One notification per topic, about its earliest new match that is not by the member.
    first = {match.topic: match for match in sorted(new, key=_time, reverse=True) if match.author != member}
    unread = await tx.rows(
        SELECT_TOPICS_WITH_UNREAD_NOTIFICATION, member=member, kind=FOUND, topics=list(first)
    )
    for row in unread:
        del first[row["topic_id"]]
    chosen = sorted(first.values(), key=_time)[-MAX_NOTIFICATIONS:]
    more = len(first) - len(chosen)
    for match in chosen:
        reason: Because = {"code": "fits", "name": query}
        if more and match is chosen[-1]:
            reason = {"code": "fits_more", "name": query, "count": more}
        await notify(tx, FOUND, TopicId(match.topic), PostId(match.post), {member: reason})


def _time(match: Candidate) -> tuple[datetime, int]:
    return match.posted_at, match.post
