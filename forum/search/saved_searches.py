"""Saving: queries that members keep, and are told by the inbox what newly fits them.

The worker looks again at what was posted in the last days and tells what did not fit when it looked last. So nothing is
missed that was edited, released or made readable later, and nothing that is there already is told as if it were new. It
looks with the sight of a plain member: what only a duty lets one see is told to nobody.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from core import clock
from core.actor import Actor
from core.errors import Invalid, NotFound
from core.ids import MemberId, PostId, TopicId
from forum.notifications.notifications import notify
from forum.notifications.reasons import Because
from forum.search.candidates import FIRST, LAST, Candidate, find_candidates
from forum.search.filters import resolve_filters
from forum.search.languages import search_configurations, separate_words
from forum.search.query_parser import parse_query
from forum.search.shapes_saved import NewSearch, SavedSearch, SavedSearches
from members.accounts.actors import load_reader
from storage.database import Database, Reader, Transaction
from storage.statements import statement

MOST = 50
FOUND = "found"
# How far back it is looked: longer than a post waits for approval, or a line is down.
BACK = timedelta(days=7)
PAUSES = {"soon": timedelta(minutes=10), "daily": timedelta(days=1)}
# Of so many topics one is told at a time; of how many more there are, the last one says.
MAX_NOTIFICATIONS = 10

_COLUMNS = "id, query, told, saved_at"
_MINE = statement(f"SELECT {_COLUMNS} FROM saved_searches WHERE member_id = :member ORDER BY query")
# In turn for one member, so that the count is true.
_TURN = statement("SELECT id FROM members WHERE id = :member FOR NO KEY UPDATE")
_OTHERS = statement("SELECT count(*) FROM saved_searches WHERE member_id = :member AND query <> :asked")
_SAVE = statement(f"""
INSERT INTO saved_searches (member_id, query, told, seen, saved_at, due_at)
VALUES (:member, :asked, :told, :seen, :now, :due)
ON CONFLICT (member_id, query) DO UPDATE SET told = excluded.told, due_at = excluded.due_at,
    seen = CASE WHEN saved_searches.told = 'never' THEN excluded.seen ELSE saved_searches.seen END
RETURNING {_COLUMNS}
""")
_DROP = statement("DELETE FROM saved_searches WHERE id = :id AND member_id = :member")
# Put off before it is looked: one that fails holds up no other, and is looked again when it is due again.
_DUE = statement("""
UPDATE saved_searches s SET due_at = :now + CASE s.told WHEN 'soon' THEN CAST(:soon AS interval) ELSE :daily END
WHERE s.id = (SELECT id FROM saved_searches WHERE due_at <= :now ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING s.id
""")
_TAKE = statement("SELECT member_id, query, seen FROM saved_searches WHERE id = :id FOR UPDATE")
_SEE = statement("UPDATE saved_searches SET seen = :seen WHERE id = :id AND seen IS DISTINCT FROM :seen")
# Of a topic that waits unread in the inbox for this reason it is not told again.
_WAITING = statement("""
SELECT topic_id FROM notifications
WHERE member_id = :member AND kind = :kind AND read_at IS NULL AND topic_id = ANY(CAST(:topics AS bigint[]))
""")


class NothingAsked(Invalid):
    """A query without a word or a filter."""

    message = "This asks for nothing. Name a word or a filter."


class FilterUnknown(Invalid):
    """A filter of a query to keep names nothing."""

    message = "A filter of this names nothing that is here."


class TooManySearches(Invalid):
    """A member keeps as many searches as one can."""

    message = f"You keep {MOST} searches. Drop one first."


async def save_search(
    tx: Transaction, actor: Actor, new: NewSearch, languages: tuple[str, ...]
) -> SavedSearch:
    """Keep a query, or be told of a kept one at other times. What fits it now is not told."""
    member = actor.signed_in()
    query, now = new.query.strip(), clock.now()
    asked = parse_query(separate_words(query))
    if asked.is_empty:
        raise NothingAsked(field="query")
    if (await resolve_filters(tx, actor, asked.filters)).unknown:
        raise FilterUnknown(field="query")
    await tx.run(_TURN, member=member)
    if await tx.value(_OTHERS, member=member, asked=query) >= MOST:
        raise TooManySearches(field="query")
    fits = await _fitting(tx, member, query, languages, now) if new.told != "never" else []
    row = await tx.row(
        _SAVE,
        member=member,
        asked=query,
        told=new.told,
        seen=[one.post for one in fits],
        now=now,
        due=now + PAUSES[new.told] if new.told != "never" else None,
    )
    assert row is not None
    return SavedSearch(**row)


async def delete_search(tx: Transaction, actor: Actor, search_id: int) -> None:
    """Keep a query no longer."""
    if not await tx.run(_DROP, id=search_id, member=actor.signed_in()):
        raise NotFound


async def read_searches(tx: Reader, actor: Actor) -> SavedSearches:
    """The queries that a member keeps."""
    rows = await tx.rows(_MINE, member=actor.signed_in())
    return SavedSearches([SavedSearch(**row) for row in rows])


async def notify_next_saved_search(languages: tuple[str, ...], db: Database) -> bool:
    """Look for what newly fits one saved search that is due, and tell it; whether there was one."""
    now = clock.now()
    async with db.begin() as tx:
        due = await tx.value(_DUE, now=now, **PAUSES)
    if due is None:
        return False
    async with db.begin() as tx:
        row = await tx.row(_TAKE, id=due)
        if row is not None:
            member = MemberId(row["member_id"])
            fits = await _fitting(tx, member, row["query"], languages, now)
            seen = set(row["seen"])
            await _tell(tx, member, row["query"], [one for one in fits if one.post not in seen])
            await tx.run(_SEE, id=due, seen=[one.post for one in fits])
    return True


async def _fitting(
    tx: Reader, member: MemberId, query: str, languages: tuple[str, ...], now: datetime
) -> list[Candidate]:
    asked, reader = parse_query(separate_words(query)), await load_reader(tx, member, now)
    filtering = await resolve_filters(tx, reader, asked.filters)
    if filtering.unknown:
        return []
    asked = replace(asked, since=max(asked.since or FIRST, now - BACK))
    found = await find_candidates(tx, reader, asked, filtering, search_configurations(languages), LAST)
    return found.found


async def _tell(tx: Transaction, member: MemberId, query: str, new: Sequence[Candidate]) -> None:
    # Of each topic the first that is new and not one's own: there reading begins.
    first = {one.topic: one for one in sorted(new, key=_age, reverse=True) if one.author != member}
    waiting = await tx.rows(_WAITING, member=member, kind=FOUND, topics=list(first))
    for row in waiting:
        del first[row["topic_id"]]
    chosen = sorted(first.values(), key=_age)[-MAX_NOTIFICATIONS:]
    more = len(first) - len(chosen)
    for one in chosen:
        reason: Because = {"code": "fits", "name": query}
        if more and one is chosen[-1]:
            reason = {"code": "fits_more", "name": query, "count": more}
        await notify(tx, FOUND, TopicId(one.topic), PostId(one.post), {member: reason})


def _age(one: Candidate) -> tuple[datetime, int]:
    return one.posted_at, one.post
