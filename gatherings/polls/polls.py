"""Polls: drafting, changing, opening and closing them, and striking words from their results."""

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
    MAX_POLLS,
    EmptyStrikeReason,
    PollMoved,
    TooManyPolls,
    ensure_can_change_poll_state,
    ensure_can_prepare,
    ensure_can_strike,
    ensure_is_draft,
    validate_poll,
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

_CONTENT_FIELDS = ("title", "options", "settings", "reveals", "by_group")
# Drafting is serialised per room, so that the maximum number of polls is exact.
LOCK_ROOM_FOR_POLLS = statement(
    select(room_table.c.id).where(room_table.c.id == bindparam("id")).with_for_update(key_share=True)
)
COUNT_POLLS = statement("SELECT count(*) FROM polls WHERE room_id = :room")
INSERT_POLL = statement(
    insert(polls)
    .values({name: bindparam(name) for name in ("room_id", "kind", *_CONTENT_FIELDS, "made_by", "made_at")})
    .returning(polls.c.id)
)
UPDATE_POLL = statement(
    update(polls)
    .where(polls.c.id == bindparam("poll"))
    .values({name: bindparam(f"new_{name}") for name in _CONTENT_FIELDS} | {"version": polls.c.version + 1})
)
DELETE_POLL = statement("DELETE FROM polls WHERE id = :poll")
# A poll that is opened again loses its split by group: two splits compared could reveal who answered in between.
OPEN_POLL = statement("""
UPDATE polls SET state = 'open', version = version + 1, opened_at = CAST(:now AS timestamptz), results = NULL,
    by_group = by_group AND closed_at IS NULL
WHERE id = :poll
""")
CLOSE_POLL = statement("""
UPDATE polls SET state = 'closed', version = version + 1, closed_at = CAST(:now AS timestamptz),
    results = CAST(:results AS jsonb)
WHERE id = :poll
""")
# As when one poll is closed: the room stays closed until the commit, and ballots wait for the lock.
LOCK_CLOSED_ROOM = statement("SELECT id FROM rooms WHERE id = :room AND state = 'closed' FOR SHARE")
LOCK_OPEN_POLLS = statement(
    "SELECT * FROM polls WHERE room_id = :room AND state = 'open' ORDER BY id FOR NO KEY UPDATE"
)
UPDATE_POLL_RESULTS = statement(
    "UPDATE polls SET results = CAST(:results AS jsonb) WHERE id = :poll AND state = 'closed'"
)
UPSERT_STRUCK_WORD = statement("""
INSERT INTO struck_words (poll_id, word, reason, struck_by, struck_at) VALUES (:poll, :word, :reason, :by, :now)
ON CONFLICT (poll_id, word) DO UPDATE
SET reason = excluded.reason, struck_by = excluded.struck_by, struck_at = excluded.struck_at
""")
DELETE_STRUCK_WORD = statement("DELETE FROM struck_words WHERE poll_id = :poll AND word = :word")
INCREMENT_POLL_VERSION = statement("UPDATE polls SET version = version + 1 WHERE id = :poll")


async def draft_poll(tx: Transaction, actor: Actor, room_id: RoomId, new: NewPoll) -> Poll:
    """Draft a poll and return it; only hosts see it until it is opened.

    Raises NotFound, NotHost, ModuleOff, TooManyPolls and the refusals of `validate_poll`.
    """
    poll = validate_poll(new)
    room, now = await rooms.get_room(tx, actor, room_id), clock.now()
    ensure_can_prepare(actor, room, now)
    await tx.value(LOCK_ROOM_FOR_POLLS, id=room_id)
    if await tx.value(COUNT_POLLS, room=room_id) >= MAX_POLLS:
        raise TooManyPolls(most=MAX_POLLS)

    content = {name: _bind_value(getattr(poll, name)) for name in _CONTENT_FIELDS}
    poll_id = await tx.value(
        INSERT_POLL, room_id=room_id, kind=poll.kind, made_by=actor.signed_in(), made_at=now, **content
    )
    await tx.record(PollChanged(room_id=room_id, poll_id=poll_id))
    return await show_poll(tx, actor, PollId(poll_id))


async def change_poll(
    tx: Transaction, actor: Actor, poll_id: PollId, change: PollChange, version: int | None
) -> Poll:
    """Change the given fields of a draft and return it.

    Raises PollBegun, Stale if the version is given and not the current one, and the refusals of `draft_poll`.
    """
    found = await get_poll(tx, actor, poll_id, lock=True)
    ensure_can_prepare(actor, found.room, clock.now())
    ensure_is_draft(found.poll)
    if version is not None and version != found.poll.version:
        raise Stale(await show_poll(tx, actor, poll_id))
    content = {name: _content_value(change, found.poll, name) for name in _CONTENT_FIELDS}
    poll = validate_poll(msgspec.convert({"kind": found.poll.kind, **content}, NewPoll))

    await tx.run(
        UPDATE_POLL,
        poll=poll_id,
        **{f"new_{name}": _bind_value(getattr(poll, name)) for name in _CONTENT_FIELDS},
    )
    await _record_event(tx, found, PollChanged)
    return await show_poll(tx, actor, poll_id)


async def delete_poll(tx: Transaction, actor: Actor, poll_id: PollId) -> None:
    """Delete a draft; raise NotFound, NotHost, ModuleOff or PollBegun."""
    found = await get_poll(tx, actor, poll_id, lock=True)
    ensure_can_prepare(actor, found.room, clock.now())
    ensure_is_draft(found.poll)

    await tx.run(DELETE_POLL, poll=poll_id)
    await _record_event(tx, found, PollChanged)


async def change_poll_state(tx: Transaction, actor: Actor, poll_id: PollId, move: PollMove) -> Poll:
    """Open or close a poll and return it; a ballot at the same moment is counted before it or refused after.

    Raises NotFound, PollMoved if the version is not the current one, and the refusals of `ensure_can_change_poll_state`.
    """
    found = await get_poll(tx, actor, poll_id, lock=True)
    now = clock.now()
    ensure_hosts(actor, found.room.gathering_id, now)
    if move.version != found.poll.version:
        raise PollMoved(await show_poll(tx, actor, poll_id))
    ensure_can_change_poll_state(actor, found.room, found.poll, move.state, now)

    if move.state == "open":
        await tx.run(OPEN_POLL, poll=poll_id, now=now)
        await _record_event(tx, found, PollOpened)
    else:
        await _close(tx, found.room.id, found.poll)
    return await show_poll(tx, actor, poll_id)


async def on_room_closed(tx: Transaction, event: RoomClosed) -> None:
    """Close the open polls of a room that was closed, unless the room was opened again in the meantime.

    Handling the event twice closes no poll twice.
    """
    if event.told != "room" or await tx.value(LOCK_CLOSED_ROOM, room=event.room_id) is None:
        return
    for row in await tx.rows(LOCK_OPEN_POLLS, room=event.room_id):
        await _close(tx, event.room_id, poll_facts_of(row))


async def strike_word(tx: Transaction, actor: Actor, poll_id: PollId, word: str, strike: Strike) -> None:
    """Strike all spellings of a word from the results of a poll, with a reason.

    Raises NotFound, NotHost, NoWordsHere or EmptyStrikeReason.
    """
    reason = tidy(strike.reason)
    found, now = await get_poll(tx, actor, poll_id, lock=True), clock.now()
    ensure_can_strike(actor, found.room, found.poll, now)
    if not reason:
        raise EmptyStrikeReason(field="reason")

    key = word_key(word)
    await tx.run(UPSERT_STRUCK_WORD, poll=poll_id, word=key, reason=reason, by=actor.signed_in(), now=now)
    await _update_results(tx, found)


async def restore_word(tx: Transaction, actor: Actor, poll_id: PollId, word: str) -> None:
    """Count a struck word again; a word that was not struck stays as it is. Raises NotFound, NotHost or NoWordsHere."""
    found = await get_poll(tx, actor, poll_id, lock=True)
    ensure_can_strike(actor, found.room, found.poll, clock.now())

    if await tx.run(DELETE_STRUCK_WORD, poll=poll_id, word=word_key(word)):
        await _update_results(tx, found)


async def _close(tx: Transaction, room_id: int, poll: PollFacts) -> None:
    await tx.run(CLOSE_POLL, poll=poll.id, now=clock.now(), results=await _encoded_results(tx, poll))
    await tx.record(PollClosed(room_id=room_id, poll_id=poll.id))


async def _update_results(tx: Transaction, found: FoundPoll) -> None:
    await tx.run(INCREMENT_POLL_VERSION, poll=found.poll.id)
    if found.poll.state == "closed":
        await tx.run(UPDATE_POLL_RESULTS, poll=found.poll.id, results=await _encoded_results(tx, found.poll))
    await _record_event(tx, found, PollChanged)


async def _encoded_results(tx: Transaction, poll: PollFacts) -> str:
    return msgspec.json.encode(await count_poll(tx, poll, by_group=poll.by_group)).decode()


async def _record_event(tx: Transaction, found: FoundPoll, kind: type[PollChanged | PollOpened]) -> None:
    event: Event = kind(room_id=found.room.id, poll_id=found.poll.id)
    await tx.record(event)


def _content_value(change: PollChange, poll: PollFacts, name: str) -> object:
    given = getattr(change, name)
    return msgspec.to_builtins(getattr(poll, name) if given is UNSET else given)


def _bind_value(value: object) -> object:
    return value if isinstance(value, str | bool) else msgspec.json.encode(value).decode()
