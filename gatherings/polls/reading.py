"""Reading polls: as an actor or an audience sees them, their results, and the signal about open polls."""

from collections.abc import Sequence
from typing import Any

import msgspec
from asyncpg import Record

from core.actor import Actor
from core.errors import NotFound
from core.ids import PollId, RoomId
from gatherings.policy_rooms import RoomFacts
from gatherings.polls.policy import are_results_public, can_strike, ensure_can_see_results
from gatherings.polls.results import PollFacts, count_poll
from gatherings.rooms import rooms
from gatherings.shapes.polls import GonePoll, Poll, PollList, PollResults, PollSettings, Struck
from storage.database import Reader
from storage.statements import statement

SELECT_POLLS = statement("""
SELECT p.*, (SELECT CAST(count(*) AS integer) FROM ballots b WHERE b.poll_id = p.id) AS cast_now, mine.answer AS my_answer
FROM polls p LEFT JOIN ballots mine ON mine.poll_id = p.id AND mine.member_id = :viewer
WHERE p.id = ANY(CAST(:ids AS bigint[]))
""")
SELECT_POLLS_OF_ROOM = statement("""
SELECT p.*, (SELECT CAST(count(*) AS integer) FROM ballots b WHERE b.poll_id = p.id) AS cast_now, mine.answer AS my_answer
FROM polls p LEFT JOIN ballots mine ON mine.poll_id = p.id AND mine.member_id = :viewer
WHERE p.room_id = :room AND (p.state <> 'draft' OR CAST(:hosting AS boolean)) ORDER BY p.id
""")
SELECT_POLL = statement("SELECT * FROM polls WHERE id = :id")
LOCK_POLL = statement("SELECT * FROM polls WHERE id = :id FOR NO KEY UPDATE")
SELECT_STRUCK_WORDS_WITH_REASONS = statement(
    "SELECT word, reason FROM struck_words WHERE poll_id = :poll ORDER BY word"
)

SELECT_OPEN_POLLS = statement("SELECT * FROM polls WHERE room_id = :room AND state = 'open' ORDER BY id")
COUNT_BALLOTS_BY_POLL = statement("""
SELECT poll_id, CAST(count(*) AS integer) AS ballots FROM ballots
WHERE poll_id = ANY(CAST(:ids AS bigint[])) GROUP BY poll_id
""")


class FoundPoll(msgspec.Struct, frozen=True):
    """The facts of a poll and of its room."""

    room: RoomFacts
    poll: PollFacts


async def get_poll(tx: Reader, actor: Actor, poll_id: PollId, lock: bool = False) -> FoundPoll:
    """Return the facts of a poll in a room that the actor can see; drafts only for hosts. Raises NotFound.

    With `lock`, the poll is locked until the commit, so that changes are serialised and ballots wait, and the room
    cannot be closed before the commit.
    """
    row = await tx.row(SELECT_POLL, id=poll_id)
    if row is None:
        raise NotFound
    room = await rooms.get_room(tx, actor, RoomId(row["room_id"]), shared_lock=lock)
    if lock:
        row = await tx.row(LOCK_POLL, id=poll_id)
    if row is None or (row["state"] == "draft" and not actor.hosts_at(room.gathering_id)):
        raise NotFound
    return FoundPoll(room, poll_facts_of(row))


async def read_polls(tx: Reader, actor: Actor, room_id: RoomId) -> PollList:
    """Return all polls of a room, drafts only for its hosts; raise NotFound."""
    room = await rooms.get_room(tx, actor, room_id)
    return PollList(await show_polls(tx, actor, room))


async def show_polls(tx: Reader, actor: Actor, room: RoomFacts) -> list[Poll]:
    """Return the polls of a room that the actor can see, with the actor's own ballots."""
    rows = await tx.rows(
        SELECT_POLLS_OF_ROOM, room=room.id, viewer=actor.id, hosting=actor.hosts_at(room.gathering_id)
    )
    return [await _poll_of(tx, row, personal=True) for row in rows]


async def show_poll(tx: Reader, actor: Actor, poll_id: PollId) -> Poll:
    """Return a poll with the actor's own ballot; raise NotFound."""
    await get_poll(tx, actor, poll_id)
    rows = await tx.rows(SELECT_POLLS, ids=[poll_id], viewer=actor.id)
    return await _poll_of(tx, rows[0], personal=True)


async def read_results(tx: Reader, actor: Actor, poll_id: PollId) -> PollResults:
    """Return the results of a poll; actors who can strike words also get the struck words with the reasons.

    Raises NotFound or ResultsHidden.
    """
    found = await get_poll(tx, actor, poll_id)
    ensure_can_see_results(actor, found.room, found.poll)
    results = await get_results(tx, found.poll)
    if found.poll.kind != "words" or not can_strike(actor, found.room):
        return results
    struck = [Struck(*row) for row in await tx.rows(SELECT_STRUCK_WORDS_WITH_REASONS, poll=poll_id)]
    return msgspec.structs.replace(results, struck_words=struck)


async def get_results(tx: Reader, poll: PollFacts) -> PollResults:
    """Return the results that were stored when the poll was closed, or the current count. Checks no permission."""
    row = await tx.row(SELECT_POLL, id=poll.id)
    stored = row and row["results"]
    return msgspec.convert(stored, PollResults) if stored else await count_poll(tx, poll)


async def find_polls(
    tx: Reader, ids: Sequence[int], audience: str, room_id: int
) -> dict[int, Poll | GonePoll]:
    """Return polls by id as an audience sees them; a poll that no longer exists was a draft, so only hosts learn of it."""
    rows = await tx.rows(SELECT_POLLS, ids=list(ids), viewer=None)
    seen = [row for row in rows if audience == "host" or row["state"] != "draft"]
    shown: dict[int, Poll | GonePoll] = {row["id"]: await _poll_of(tx, row, personal=False) for row in seen}
    if audience == "host":
        shown |= {gone: GonePoll(gone, room_id) for gone in set(ids) - {row["id"] for row in rows}}
    return shown


async def read_open_poll_signal(
    tx: Reader, room_id: RoomId, ids: Sequence[int] | None = None
) -> dict[str, Any] | None:
    """Return the signal `poll_results` for the open polls of a room, all or those in `ids`; None if there are none.

    It contains the number of ballots of each poll, and the results of polls that reveal them live.
    """
    rows = [row for row in await tx.rows(SELECT_OPEN_POLLS, room=room_id) if ids is None or row["id"] in ids]
    if not rows:
        return None
    counted = {
        row["poll_id"]: row["ballots"]
        for row in await tx.rows(COUNT_BALLOTS_BY_POLL, ids=[row["id"] for row in rows])
    }
    shown: dict[str, Any] = {}
    for row in rows:
        poll = poll_facts_of(row)
        results = await count_poll(tx, poll) if are_results_public(poll) else None
        ballots = results.ballots if results else counted.get(poll.id, 0)
        shown[str(poll.id)] = {"ballots": ballots, "results": msgspec.to_builtins(results)}
    return {"type": "poll_results", "polls": shown}


def poll_facts_of(row: Record) -> PollFacts:
    """Return the facts of a row of polls."""
    settings = msgspec.convert(row["settings"], PollSettings)
    names = ("id", "kind", "title", "options", "state", "reveals", "by_group", "version")
    return PollFacts(settings=settings, **{name: row[name] for name in names})


async def _poll_of(tx: Reader, row: Record, personal: bool) -> Poll:
    facts = poll_facts_of(row)
    results = None
    if row["results"]:
        results = msgspec.convert(row["results"], PollResults)
    elif are_results_public(facts):
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
