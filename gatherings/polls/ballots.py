"""Ballots: one per member, set rather than added, and counted exactly under any number of concurrent ballots."""

import asyncio
import logging
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from core import clock
from core.actor import Actor, listener_in
from core.errors import NotFound, Refusal
from core.ids import MemberId, PollId, RoomId, TopicId
from forum.posts.screening import Screen, screen_nothing
from gatherings.batch_limits import BATCH_INTERVAL_SECONDS, MAX_BATCH_SIZE
from gatherings.policy_rooms import ModuleOff, RoomFacts, RoomNotOpen, ensure_can_write
from gatherings.polls.caught_words import strike_caught_words
from gatherings.polls.policy import PollNotOpen, validate_ballot
from gatherings.polls.reading import get_poll, read_open_poll_signal
from gatherings.rooms import rooms
from gatherings.rooms.participation import get_writer
from gatherings.shapes.polls import Answer, BallotSet
from storage.database import Database, Transaction
from storage.failures import DATABASE_ERRORS
from storage.statements import statement
from storage.write_batches import WriteBatches

# The poll results of a room are published at most once in this time.
PUBLISH_INTERVAL_SECONDS = 0.5

_log = logging.getLogger(__name__)

# The polls are locked first, ordered by id, so that nobody closes them or writes their ballots before the commit.
LOCK_POLLS_FOR_BALLOTS = statement("""
SELECT id, state FROM polls WHERE id = ANY(CAST(:ids AS bigint[])) AND room_id = :room ORDER BY id FOR NO KEY UPDATE
""")
UPSERT_BALLOTS = statement("""
WITH wanted AS (
    SELECT * FROM unnest(CAST(:polls AS bigint[]), CAST(:members AS bigint[]), CAST(:answers AS text[]))
        AS w (poll_id, member_id, answer)
), taken AS (
    DELETE FROM ballots b USING wanted w
    WHERE b.poll_id = w.poll_id AND b.member_id = w.member_id AND w.answer IS NULL
)
INSERT INTO ballots (poll_id, member_id, answer)
SELECT poll_id, member_id, CAST(answer AS jsonb) FROM wanted WHERE answer IS NOT NULL
ON CONFLICT (poll_id, member_id) DO UPDATE SET answer = excluded.answer
""")
COUNT_BALLOTS_OF_POLLS = statement("""
SELECT p.id, (SELECT CAST(count(*) AS integer) FROM ballots b WHERE b.poll_id = p.id) AS ballots
FROM polls p WHERE p.id = ANY(CAST(:ids AS bigint[]))
""")


class _PendingBallot(Struct, frozen=True, kw_only=True):
    poll: PollId
    topic: TopicId
    member: MemberId
    answer: Answer | None


class BallotWriter:
    """Writes the ballots of this process in batches: those for one room within a tenth of a second are one batch."""

    def __init__(self, db: Database, screen: Screen = screen_nothing) -> None:
        self.db = db
        self.screen = screen
        self.batches: WriteBatches[RoomId, _PendingBallot, BallotSet] = WriteBatches(
            self._write, max_size=MAX_BATCH_SIZE, min_interval=BATCH_INTERVAL_SECONDS
        )
        self.changed_polls: dict[RoomId, set[int]] = {}
        self.publish_tasks: dict[RoomId, asyncio.Task[None]] = {}

    async def set_ballot(self, actor: Actor, poll_id: PollId, answer: Answer | None) -> BallotSet:
        """Set the actor's ballot in an open poll, or withdraw it with None; repeating it changes nothing.

        Every member who can write in the room can answer, also where only the panel writes otherwise. Returns the number
        of ballots. Raises NotFound, PollNotOpen, BadAnswer and the refusals of `ensure_can_write`.
        """
        now = clock.now()
        member = actor.may_write(now)
        async with self.db.read() as tx:
            found = await get_poll(tx, actor, poll_id)
            writer = await get_writer(tx, actor, found.room)
        ensure_can_write(actor, found.room, "polls", writer, now)
        if found.poll.state != "open":
            raise PollNotOpen
        valid = None if answer is None else validate_ballot(found.poll, answer)
        if found.poll.kind == "words" and isinstance(valid, list):
            await strike_caught_words(self.db, self.screen, actor, found, [str(word) for word in valid])
        pending = _PendingBallot(poll=poll_id, topic=found.room.topic_id, member=member, answer=valid)
        return await self.batches.submit(found.room.id, pending)

    async def close(self) -> None:
        """Cancel the pending signals; clients read the polls again when they reconnect."""
        tasks = list(self.publish_tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _write(
        self, room_id: RoomId, ballots: Sequence[_PendingBallot]
    ) -> Sequence[BallotSet | Exception]:
        async with self.db.begin() as tx:
            # Read as a listener of the topic: if moderators hid the room from its members, nobody can answer in it.
            listener = listener_in(ballots[0].topic)
            room = await rooms.get_room(tx, listener, room_id, shared_lock=True)
            rows = await tx.rows(LOCK_POLLS_FOR_BALLOTS, ids=[one.poll for one in ballots], room=room_id)
            states = {row["id"]: row["state"] for row in rows}
            refusals = [_refusal_of(room, states.get(one.poll)) for one in ballots]
            pairs = zip(ballots, refusals, strict=True)
            # If one member sent several ballots, the last one counts.
            wanted = {(one.poll, one.member): one.answer for one, refusal in pairs if refusal is None}
            counts = await _upsert_ballots(tx, wanted)
        if counts:
            self._publish_later(room_id, counts)
        return [
            refusal or BallotSet(one.poll, counts[one.poll], wanted[one.poll, one.member])
            for one, refusal in zip(ballots, refusals, strict=True)
        ]

    def _publish_later(self, room_id: RoomId, polls: dict[int, int]) -> None:
        self.changed_polls.setdefault(room_id, set()).update(polls)
        if room_id not in self.publish_tasks:
            task = asyncio.create_task(self._publish(room_id), name=f"polls of room {room_id}")
            self.publish_tasks[room_id] = task

    async def _publish(self, room_id: RoomId) -> None:
        # Changed polls are counted and published, and once more in the next interval, because the signals of two
        # processes may arrive in the wrong order. There must be no await between the last check of `changed_polls` and
        # the removal of the task.
        unconfirmed: set[int] = set()
        try:
            while True:
                await asyncio.sleep(PUBLISH_INTERVAL_SECONDS)
                changed_polls = self.changed_polls.pop(room_id, set())
                if not changed_polls and not unconfirmed:
                    return
                await self._publish_results(room_id, changed_polls | unconfirmed)
                unconfirmed = changed_polls
        finally:
            del self.publish_tasks[room_id]

    async def _publish_results(self, room_id: RoomId, polls: set[int]) -> None:
        try:
            async with self.db.read() as tx:
                signal = await read_open_poll_signal(tx, room_id, sorted(polls))
        except (Refusal, *DATABASE_ERRORS) as error:
            _log.warning("the poll results of room %s could not be published: %r", room_id, error)
            return
        except Exception:  # not fatal: the next ballot in the room publishes the results again
            _log.exception("the poll results of room %s could not be published", room_id)
            return
        if signal:
            self.db.bus.signal(f"room:{room_id}", signal)


async def _upsert_ballots(
    tx: Transaction, wanted: dict[tuple[PollId, MemberId], Answer | None]
) -> dict[int, int]:
    if not wanted:
        return {}
    await tx.run(
        UPSERT_BALLOTS,
        polls=[poll for poll, _ in wanted],
        members=[member for _, member in wanted],
        answers=[None if one is None else msgspec.json.encode(one).decode() for one in wanted.values()],
    )
    # A separate statement, because a statement does not see the rows that it changes itself.
    rows = await tx.rows(COUNT_BALLOTS_OF_POLLS, ids=sorted({poll for poll, _ in wanted}))
    return {row["id"]: row["ballots"] for row in rows}


def _refusal_of(room: RoomFacts, state: str | None) -> Refusal | None:
    if state is None or state == "draft":
        return NotFound()
    if room.state != "open":
        return RoomNotOpen()
    if "polls" not in room.modules:
        return ModuleOff()
    return None if state == "open" else PollNotOpen()
