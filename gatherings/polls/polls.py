"""Polls: drafting, opening, closing, and striking words."""

import msgspec
from msgspec import UNSET
from sqlalchemy import bindparam, insert, select, update

from core import clock
from core.actor import Actor
from core.errors import Stale
from core.events import Event
from core.ids import PollId, RoomId
from core.text import tidy
from gatherings.events import PollChanged, PollClosed, PollOpened, RoomClosed
from gatherings.policy import ensure_hosts
from gatherings.polls.policy import (
    MOST_POLLS,
    EmptyStrikeReason,
    PollMoved,
    TooManyPolls,
    checked,
    ensure_can_change_poll_state,
    ensure_can_prepare,
    ensure_can_strike,
    ensure_is_draft,
)
from gatherings.polls.reading import FoundPoll, get_poll, poll_facts_of, show_poll
from gatherings.polls.results import PollFacts, count_poll
from gatherings.polls.words import word_key
from gatherings.rooms import rooms
from gatherings.shapes.polls import NewPoll, Poll, PollChange, PollMove, Strike
from gatherings.tables import polls
from gatherings.tables import rooms as room_table
from storage.database import Transaction
from storage.statements import statement

_SAID = ("title", "options", "settings", "reveals", "by_group")
# Those who draft in one room take turns, so that the polls are counted exactly.
_HOLD_ROOM = statement(
    select(room_table.c.id).where(room_table.c.id == bindparam("id")).with_for_update(key_share=True)
)
_COUNT = statement("SELECT count(*) FROM polls WHERE room_id = :room")
_DRAFT = statement(
    insert(polls)
    .values({name: bindparam(name) for name in ("room_id", "kind", *_SAID, "made_by", "made_at")})
    .returning(polls.c.id)
)
_CHANGE = statement(
    update(polls)
    .where(polls.c.id == bindparam("poll"))
    .values({name: bindparam(f"new_{name}") for name in _SAID} | {"version": polls.c.version + 1})
)
_DELETE = statement("DELETE FROM polls WHERE id = :poll")
# Who opens a poll again gives up its split: two of them laid over each other could tell who came between.
_OPEN = statement("""
UPDATE polls SET state = 'open', version = version + 1, opened_at = CAST(:now AS timestamptz), results = NULL,
    by_group = by_group AND closed_at IS NULL
WHERE id = :poll
""")
_CLOSE = statement("""
UPDATE polls SET state = 'closed', version = version + 1, closed_at = CAST(:now AS timestamptz),
    results = CAST(:results AS jsonb)
WHERE id = :poll
""")
# As for who moves one poll: the room stays as it is until the commit, and who answers at that moment waits.
_HOLD_CLOSED = statement("SELECT id FROM rooms WHERE id = :room AND state = 'closed' FOR SHARE")
_HOLD_OPEN = statement(
    "SELECT * FROM polls WHERE room_id = :room AND state = 'open' ORDER BY id FOR NO KEY UPDATE"
)
_KEEP = statement("UPDATE polls SET results = CAST(:results AS jsonb) WHERE id = :poll AND state = 'closed'")
_STRIKE = statement("""
INSERT INTO struck_words (poll_id, word, reason, struck_by, struck_at) VALUES (:poll, :word, :reason, :by, :now)
ON CONFLICT (poll_id, word) DO UPDATE
SET reason = excluded.reason, struck_by = excluded.struck_by, struck_at = excluded.struck_at
""")
_UNSTRIKE = statement("DELETE FROM struck_words WHERE poll_id = :poll AND word = :word")
_TURN = statement("UPDATE polls SET version = version + 1 WHERE id = :poll")


async def draft_poll(tx: Transaction, actor: Actor, room_id: RoomId, new: NewPoll) -> Poll:
    """Prepare a poll, which only hosts see until it is opened."""
    poll = checked(new)
    room, now = await rooms.get_room(tx, actor, room_id), clock.now()
    ensure_can_prepare(actor, room, now)
    await tx.value(_HOLD_ROOM, id=room_id)
    if await tx.value(_COUNT, room=room_id) >= MOST_POLLS:
        raise TooManyPolls

    said = {name: _plain(getattr(poll, name)) for name in _SAID}
    poll_id = await tx.value(
        _DRAFT, room_id=room_id, kind=poll.kind, made_by=actor.signed_in(), made_at=now, **said
    )
    await tx.record(PollChanged(room_id=room_id, poll_id=poll_id))
    return await show_poll(tx, actor, PollId(poll_id))


async def change_poll(
    tx: Transaction, actor: Actor, poll_id: PollId, change: PollChange, version: int | None
) -> Poll:
    """Change a draft; what stays unsaid stays as it is."""
    found = await get_poll(tx, actor, poll_id, lock=True)
    ensure_can_prepare(actor, found.room, clock.now())
    ensure_is_draft(found.poll)
    if version is not None and version != found.poll.version:
        raise Stale(await show_poll(tx, actor, poll_id))
    said = {name: _said(change, found.poll, name) for name in _SAID}
    poll = checked(msgspec.convert({"kind": found.poll.kind, **said}, NewPoll))

    await tx.run(_CHANGE, poll=poll_id, **{f"new_{name}": _plain(getattr(poll, name)) for name in _SAID})
    await _record(tx, found, PollChanged)
    return await show_poll(tx, actor, poll_id)


async def delete_poll(tx: Transaction, actor: Actor, poll_id: PollId) -> None:
    """Delete a draft; what people have seen is kept."""
    found = await get_poll(tx, actor, poll_id, lock=True)
    ensure_can_prepare(actor, found.room, clock.now())
    ensure_is_draft(found.poll)

    await tx.run(_DELETE, poll=poll_id)
    await _record(tx, found, PollChanged)


async def change_poll_state(tx: Transaction, actor: Actor, poll_id: PollId, move: PollMove) -> Poll:
    """Open or close a poll; an answer given at that moment is counted before, or refused after."""
    found = await get_poll(tx, actor, poll_id, lock=True)
    now = clock.now()
    ensure_hosts(actor, found.room.gathering_id, now)
    if move.version != found.poll.version:
        raise PollMoved(await show_poll(tx, actor, poll_id))
    ensure_can_change_poll_state(actor, found.room, found.poll, move.state, now)

    if move.state == "open":
        await tx.run(_OPEN, poll=poll_id, now=now)
        await _record(tx, found, PollOpened)
    else:
        await _close(tx, found.room.id, found.poll)
    return await show_poll(tx, actor, poll_id)


async def on_room_closed(tx: Transaction, event: RoomClosed) -> None:
    """Close the polls still open in a room that was closed, unless it was opened again meanwhile. A reaction; run twice,
    it closes nothing twice."""
    if event.told != "room" or await tx.value(_HOLD_CLOSED, room=event.room_id) is None:
        return
    for row in await tx.rows(_HOLD_OPEN, room=event.room_id):
        await _close(tx, event.room_id, poll_facts_of(row))


async def strike_word(tx: Transaction, actor: Actor, poll_id: PollId, word: str, strike: Strike) -> None:
    """Take a word out of the results, however it is written, with the reason."""
    reason = tidy(strike.reason)
    found, now = await get_poll(tx, actor, poll_id, lock=True), clock.now()
    ensure_can_strike(actor, found.room, found.poll, now)
    if not reason:
        raise EmptyStrikeReason(field="reason")

    key = word_key(word)
    await tx.run(_STRIKE, poll=poll_id, word=key, reason=reason, by=actor.signed_in(), now=now)
    await _count_again(tx, found)


async def put_back_word(tx: Transaction, actor: Actor, poll_id: PollId, word: str) -> None:
    """Have a word counted again that was struck; one that was not stays as it is."""
    found = await get_poll(tx, actor, poll_id, lock=True)
    ensure_can_strike(actor, found.room, found.poll, clock.now())

    if await tx.run(_UNSTRIKE, poll=poll_id, word=word_key(word)):
        await _count_again(tx, found)


async def _close(tx: Transaction, room_id: int, poll: PollFacts) -> None:
    await tx.run(_CLOSE, poll=poll.id, now=clock.now(), results=await _counted(tx, poll))
    await tx.record(PollClosed(room_id=room_id, poll_id=poll.id))


async def _count_again(tx: Transaction, found: FoundPoll) -> None:
    await tx.run(_TURN, poll=found.poll.id)
    if found.poll.state == "closed":
        await tx.run(_KEEP, poll=found.poll.id, results=await _counted(tx, found.poll))
    await _record(tx, found, PollChanged)


async def _counted(tx: Transaction, poll: PollFacts) -> str:
    return msgspec.json.encode(await count_poll(tx, poll, split_it=poll.by_group)).decode()


async def _record(tx: Transaction, found: FoundPoll, kind: type[PollChanged | PollOpened]) -> None:
    event: Event = kind(room_id=found.room.id, poll_id=found.poll.id)
    await tx.record(event)


def _said(change: PollChange, poll: PollFacts, name: str) -> object:
    given = getattr(change, name)
    return msgspec.to_builtins(getattr(poll, name) if given is UNSET else given)


def _plain(value: object) -> object:
    return value if isinstance(value, str | bool) else msgspec.json.encode(value).decode()
