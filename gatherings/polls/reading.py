"""Reading polls: as everyone sees them, with what is one's own, and as listeners are told of them."""

from collections.abc import Sequence
from typing import Any

import msgspec
from asyncpg import Record

from core.actor import Actor
from core.errors import NotFound
from core.ids import PollId, RoomId
from gatherings.policy_rooms import RoomFacts
from gatherings.polls.policy import are_revealed, ensure_can_see_results, may_strike
from gatherings.polls.results import PollFacts, count_poll
from gatherings.rooms import rooms
from gatherings.shapes.polls import GonePoll, Poll, PollList, PollResults, PollSettings, Struck
from storage.database import Reader
from storage.statements import statement

_COLUMNS = """
SELECT p.*, (SELECT CAST(count(*) AS integer) FROM ballots b WHERE b.poll_id = p.id) AS cast_now, mine.answer AS my_answer
FROM polls p LEFT JOIN ballots mine ON mine.poll_id = p.id AND mine.member_id = :viewer
"""
_BY_ID = statement(f"{_COLUMNS} WHERE p.id = ANY(CAST(:ids AS bigint[]))")
_IN_ROOM = statement(
    f"{_COLUMNS} WHERE p.room_id = :room AND (p.state <> 'draft' OR CAST(:hosting AS boolean)) ORDER BY p.id"
)
_LOOK = "SELECT * FROM polls WHERE id = :id"
_GET = statement(_LOOK)
_GET_LOCKED = statement(f"{_LOOK} FOR NO KEY UPDATE")
_STRUCK = statement("SELECT word, reason FROM struck_words WHERE poll_id = :poll ORDER BY word")
# After the signal of a ballot, what holds of it: nothing that is hidden.
_OPEN = statement("SELECT * FROM polls WHERE room_id = :room AND state = 'open' ORDER BY id")
_COUNT = statement("""
SELECT poll_id, CAST(count(*) AS integer) AS ballots FROM ballots
WHERE poll_id = ANY(CAST(:ids AS bigint[])) GROUP BY poll_id
""")


class FoundPoll(msgspec.Struct, frozen=True):
    """A poll and its room, as the rules look at them."""

    room: RoomFacts
    poll: PollFacts


async def get_poll(tx: Reader, actor: Actor, poll_id: PollId, lock: bool = False) -> FoundPoll:
    """A poll in a room that the actor can see; drafts are seen by hosts. `lock` makes those who change it take turns,
    and those who answer it wait: the room is not closed before the commit."""
    row = await tx.row(_GET, id=poll_id)
    if row is None:
        raise NotFound
    room = await rooms.get_room(tx, actor, RoomId(row["room_id"]), shared_lock=lock)
    if lock:
        row = await tx.row(_GET_LOCKED, id=poll_id)
    if row is None or (row["state"] == "draft" and not actor.hosts_at(room.gathering_id)):
        raise NotFound
    return FoundPoll(room, poll_facts_of(row))


async def read_polls(tx: Reader, actor: Actor, room_id: RoomId) -> PollList:
    """All polls of a room; drafts for its hosts only."""
    room = await rooms.get_room(tx, actor, room_id)
    return PollList(await show_polls(tx, actor, room))


async def show_polls(tx: Reader, actor: Actor, room: RoomFacts) -> list[Poll]:
    """The polls of a room that the actor can see."""
    rows = await tx.rows(_IN_ROOM, room=room.id, viewer=actor.id, hosting=actor.hosts_at(room.gathering_id))
    return [await _poll_of(tx, row, personal=True) for row in rows]


async def show_poll(tx: Reader, actor: Actor, poll_id: PollId) -> Poll:
    """One poll that the actor can see."""
    await get_poll(tx, actor, poll_id)
    rows = await tx.rows(_BY_ID, ids=[poll_id], viewer=actor.id)
    return await _poll_of(tx, rows[0], personal=True)


async def read_results(tx: Reader, actor: Actor, poll_id: PollId) -> PollResults:
    """What was answered, for who may see it; who may strike words sees which were struck, and why."""
    found = await get_poll(tx, actor, poll_id)
    ensure_can_see_results(actor, found.room, found.poll)
    results = await get_results(tx, found.poll)
    if found.poll.kind != "words" or not may_strike(actor, found.room):
        return results
    struck = [Struck(*row) for row in await tx.rows(_STRUCK, poll=poll_id)]
    return msgspec.structs.replace(results, struck_words=struck)


async def get_results(tx: Reader, poll: PollFacts) -> PollResults:
    """The results: as they were kept when the poll was closed, or as they are now. No rule is asked."""
    row = await tx.row(_GET, id=poll.id)
    kept = row and row["results"]
    return msgspec.convert(kept, PollResults) if kept else await count_poll(tx, poll)


async def find_polls(
    tx: Reader, ids: Sequence[int], audience: str, room_id: int
) -> dict[int, Poll | GonePoll]:
    """The polls as a class of listeners sees them; one that is not there any more was a draft, which hosts alone knew."""
    rows = await tx.rows(_BY_ID, ids=list(ids), viewer=None)
    seen = [row for row in rows if audience == "host" or row["state"] != "draft"]
    told: dict[int, Poll | GonePoll] = {row["id"]: await _poll_of(tx, row, personal=False) for row in seen}
    if audience == "host":
        told |= {gone: GonePoll(gone, room_id) for gone in set(ids) - {row["id"] for row in rows}}
    return told


async def read_open_poll_signal(
    tx: Reader, room_id: RoomId, ids: Sequence[int] | None = None
) -> dict[str, Any] | None:
    """The signal `poll_results`: how many answered each open poll, and what, where that is revealed as it comes."""
    rows = [row for row in await tx.rows(_OPEN, room=room_id) if ids is None or row["id"] in ids]
    if not rows:
        return None
    counted = {
        row["poll_id"]: row["ballots"] for row in await tx.rows(_COUNT, ids=[row["id"] for row in rows])
    }
    told: dict[str, Any] = {}
    for row in rows:
        poll = poll_facts_of(row)
        results = await count_poll(tx, poll) if are_revealed(poll) else None
        ballots = results.ballots if results else counted.get(poll.id, 0)
        told[str(poll.id)] = {"ballots": ballots, "results": msgspec.to_builtins(results)}
    return {"type": "poll_results", "polls": told}


def poll_facts_of(row: Record) -> PollFacts:
    """A row of polls, for the rules."""
    settings = msgspec.convert(row["settings"], PollSettings)
    names = ("id", "kind", "title", "options", "state", "reveals", "by_group", "version")
    return PollFacts(settings=settings, **{name: row[name] for name in names})


async def _poll_of(tx: Reader, row: Record, personal: bool) -> Poll:
    facts = poll_facts_of(row)
    results = None
    if row["results"]:
        results = msgspec.convert(row["results"], PollResults)
    elif are_revealed(facts):
        results = await count_poll(tx, facts)
    return msgspec.convert(
        {
            **msgspec.to_builtins(facts),
            "room": row["room_id"],
            "ballots": results.ballots if results else row["cast_now"],
            "results": msgspec.to_builtins(results),
            **({"my_answer": row["my_answer"]} if personal else {}),
        },
        Poll,
    )
