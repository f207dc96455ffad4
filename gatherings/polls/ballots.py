"""Ballots: one a person, set and not added, counted exactly from their rows, however many come at once."""

import asyncio
import logging
from collections.abc import Sequence

import asyncpg
import msgspec
from msgspec import Struct

from core import clock
from core.actor import Actor, listener_in
from core.errors import NotFound, Refusal
from core.ids import MemberId, PollId, RoomId, TopicId
from gatherings.batch_limits import BATCH_INTERVAL_SECONDS, MAX_BATCH_SIZE
from gatherings.policy_rooms import ModuleOff, RoomFacts, RoomNotOpen, ensure_can_write
from gatherings.polls.policy import PollNotOpen, validate_ballot
from gatherings.polls.reading import get_poll, read_open_poll_signal
from gatherings.rooms import rooms
from gatherings.rooms.participation import get_writer
from gatherings.shapes.polls import Answer, BallotSet
from storage.database import Database, Transaction
from storage.failures import LOST_CONNECTION_ERRORS
from storage.statements import statement
from storage.write_batches import WriteBatches

# At most one signal a room in this time.
TELLS_EVERY = 0.5

_log = logging.getLogger(__name__)

# The polls come first, by id: nobody closes them or writes ballots of theirs until the commit.
_HOLD = statement("""
SELECT id, state FROM polls WHERE id = ANY(CAST(:ids AS bigint[])) AND room_id = :room ORDER BY id FOR NO KEY UPDATE
""")
_SET = statement("""
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
_COUNT = statement("""
SELECT p.id, (SELECT CAST(count(*) AS integer) FROM ballots b WHERE b.poll_id = p.id) AS ballots
FROM polls p WHERE p.id = ANY(CAST(:ids AS bigint[]))
""")


class _Cast(Struct, frozen=True, kw_only=True):
    poll: PollId
    topic: TopicId
    member: MemberId
    answer: Answer | None


class BallotWriter:
    """Writes ballots; one for the process, because those who answer in one room at one moment are written together."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.batches: WriteBatches[RoomId, _Cast, BallotSet] = WriteBatches(
            self._write, max_size=MAX_BATCH_SIZE, min_interval=BATCH_INTERVAL_SECONDS
        )
        self.moved: dict[RoomId, set[int]] = {}
        self.telling: dict[RoomId, asyncio.Task[None]] = {}

    async def set_ballot(self, actor: Actor, poll_id: PollId, answer: Answer | None) -> BallotSet:
        """Set one's answer to an open poll, or take it back; as often as one likes, with the same outcome.

        Polls are open to all who may come in and write at all, also in rooms where otherwise only the panel writes.
        """
        now = clock.now()
        member = actor.may_write(now)
        async with self.db.read() as tx:
            found = await get_poll(tx, actor, poll_id)
            writer = await get_writer(tx, actor, found.room)
        ensure_can_write(actor, found.room, "polls", writer, now)
        if found.poll.state != "open":
            raise PollNotOpen
        kept = None if answer is None else validate_ballot(found.poll, answer)
        cast = _Cast(poll=poll_id, topic=found.room.topic_id, member=member, answer=kept)
        return await self.batches.submit(found.room.id, cast)

    async def close(self) -> None:
        """Stop telling; whoever listens reads the polls again when it comes back."""
        tasks = list(self.telling.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _write(self, room_id: RoomId, ballots: Sequence[_Cast]) -> Sequence[BallotSet | Exception]:
        async with self.db.begin() as tx:
            # With the eyes of who was let in: in a room that is hidden from its people nobody answers.
            admitted = listener_in(ballots[0].topic)
            room = await rooms.get_room(tx, admitted, room_id, shared_lock=True)
            rows = await tx.rows(_HOLD, ids=[one.poll for one in ballots], room=room_id)
            states = {row["id"]: row["state"] for row in rows}
            refused = [_refusal(room, states.get(one.poll)) for one in ballots]
            pairs = zip(ballots, refused, strict=True)
            # Of several by one person the last counts.
            wanted = {(one.poll, one.member): one.answer for one, refusal in pairs if refusal is None}
            counted = await _set(tx, wanted)
        if counted:
            self._tell_later(room_id, counted)
        return [
            refusal or BallotSet(one.poll, counted[one.poll], wanted[one.poll, one.member])
            for one, refusal in zip(ballots, refused, strict=True)
        ]

    def _tell_later(self, room_id: RoomId, polls: dict[int, int]) -> None:
        self.moved.setdefault(room_id, set()).update(polls)
        if room_id not in self.telling:
            task = asyncio.create_task(self._tell(room_id), name=f"polls of room {room_id}")
            self.telling[room_id] = task

    async def _tell(self, room_id: RoomId) -> None:
        # What moved is counted anew and told, and once more when it has settled: signals of two processes may cross on
        # their way. No await between the last look and the removal.
        settling: set[int] = set()
        try:
            while True:
                await asyncio.sleep(TELLS_EVERY)
                moved = self.moved.pop(room_id, set())
                if not moved and not settling:
                    return
                await self._signal(room_id, moved | settling)
                settling = moved
        finally:
            del self.telling[room_id]

    async def _signal(self, room_id: RoomId, polls: set[int]) -> None:
        try:
            async with self.db.read() as tx:
                signal = await read_open_poll_signal(tx, room_id, sorted(polls))
        except (Refusal, asyncpg.PostgresError, *LOST_CONNECTION_ERRORS) as error:
            _log.warning("polls of room %s not told: %r", room_id, error)
            return
        except Exception:  # the next ballot in the room tells the counts again
            _log.exception("polls of room %s not told", room_id)
            return
        if signal:
            self.db.bus.signal(f"room:{room_id}", signal)


async def _set(tx: Transaction, wanted: dict[tuple[PollId, MemberId], Answer | None]) -> dict[int, int]:
    if not wanted:
        return {}
    await tx.run(
        _SET,
        polls=[poll for poll, _ in wanted],
        members=[member for _, member in wanted],
        answers=[None if one is None else msgspec.json.encode(one).decode() for one in wanted.values()],
    )
    # A statement of its own: it sees what the one before has done.
    rows = await tx.rows(_COUNT, ids=sorted({poll for poll, _ in wanted}))
    return {row["id"]: row["ballots"] for row in rows}


def _refusal(room: RoomFacts, state: str | None) -> Refusal | None:
    if state is None or state == "draft":
        return NotFound()
    if room.state != "open":
        return RoomNotOpen()
    if "polls" not in room.modules:
        return ModuleOff()
    return None if state == "open" else PollNotOpen()
