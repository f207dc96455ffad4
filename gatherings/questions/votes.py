"""Votes: set, not toggled; one a person; counted exactly, however many come at once."""

import asyncio
import logging
from collections.abc import Sequence

import asyncpg
from asyncpg import Record
from msgspec import Struct
from sqlalchemy import BigInteger, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from core import clock
from core.actor import Actor, listener_in
from core.errors import NotFound, Refusal
from core.ids import MemberId, QuestionId, RoomId, TopicId
from forum.tables import topics
from forum.visibility import is_listed_reader
from gatherings.batch_limits import EVERY, LARGEST
from gatherings.policy import RoomFacts
from gatherings.questions.policy import ensure_can_vote
from gatherings.rooms import rooms
from gatherings.shapes.gatherings import VoteSet
from members.pseudonyms import is_author
from storage.database import Database, Transaction
from storage.failures import LOST_CONNECTION_ERRORS
from storage.statements import statement
from storage.write_batches import WriteBatches

CONFIRMS_AFTER = 1.0
REMEMBERED = 10_000

_log = logging.getLogger(__name__)

_HOME = statement("""
SELECT q.room_id, r.topic_id FROM questions q JOIN rooms r ON r.id = q.room_id WHERE q.id = CAST(:question AS bigint)
""")
# The questions come first, by id, so that nobody changes their votes until the commit and two processes never wait for
# each other crosswise. All in one statement would be wrong: its parts would see the votes as they were before the wait.
_HOLD = statement("""
SELECT q.id, q.state, q.votes, p.state AS post_state, p.author_id, p.pseudonym, t.readers
FROM questions q JOIN posts p ON p.id = q.post_id JOIN topics t ON t.id = p.topic_id
WHERE q.id = ANY(CAST(:ids AS bigint[])) AND q.room_id = :room
ORDER BY q.id
FOR NO KEY UPDATE OF q
""")
# Where not everyone comes in, who comes to vote is looked at each time: the question was found once, the door may have
# been shut since.
_voter = func.unnest(bindparam("voters", type_=ARRAY(BigInteger))).column_valued("voter")
_LISTED = statement(
    select(_voter.label("id"))
    .join(topics, topics.c.id == bindparam("topic", type_=BigInteger))
    .where(is_listed_reader(_voter))
)
# Who votes again for what came with a merge means it for this one, too: it stays when they go apart again.
# Every row of `wanted` is another question or another voter, so no part of this sees what another part does.
_SET = statement("""
WITH wanted AS (
    SELECT * FROM unnest(CAST(:questions AS bigint[]), CAST(:voters AS bigint[]), CAST(:values AS integer[]))
        AS w (question_id, member_id, value)
), given AS (
    INSERT INTO votes (question_id, member_id) SELECT question_id, member_id FROM wanted WHERE value = 1
    ON CONFLICT DO NOTHING RETURNING question_id
), meant AS (
    UPDATE votes SET via = NULL FROM wanted
    WHERE votes.question_id = wanted.question_id AND votes.member_id = wanted.member_id AND wanted.value = 1
        AND votes.via IS NOT NULL
), taken AS (
    DELETE FROM votes USING wanted
    WHERE votes.question_id = wanted.question_id AND votes.member_id = wanted.member_id AND wanted.value = 0
    RETURNING votes.question_id
), moved AS (
    SELECT question_id, CAST(sum(step) AS integer) AS by
    FROM (SELECT question_id, 1 AS step FROM given UNION ALL SELECT question_id, -1 FROM taken) AS steps
    GROUP BY question_id
)
UPDATE questions SET votes = votes + moved.by FROM moved WHERE questions.id = moved.question_id
RETURNING questions.id, questions.votes
""")
_COUNT = statement("SELECT id, votes FROM questions WHERE id = ANY(CAST(:ids AS bigint[]))")


class _Ballot(Struct, frozen=True, kw_only=True):
    question: QuestionId
    topic: TopicId
    actor: Actor
    voter: MemberId
    value: int


class _Home(Struct, frozen=True):
    room: RoomId
    topic: TopicId


class VoteWriter:
    """Writes votes; one for the process, because those who vote in one room at one moment are written together."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.batches: WriteBatches[RoomId, _Ballot, VoteSet] = WriteBatches(
            self._write, max_size=LARGEST, min_interval=EVERY
        )
        self.homes: dict[QuestionId, _Home] = {}
        self.unconfirmed: dict[RoomId, set[int]] = {}
        self.confirming: dict[RoomId, asyncio.Task[None]] = {}

    async def set_vote(self, actor: Actor, question_id: QuestionId, value: int) -> VoteSet:
        """Set one's vote for a question to 1 or 0; as often as one likes, with the same outcome."""
        voter = actor.may_write(clock.now())
        home = self.homes.get(question_id) or await self._find_home(question_id)
        ballot = _Ballot(
            question=question_id,
            topic=home.topic,
            actor=actor,
            voter=voter,
            value=value,
        )
        return await self.batches.submit(home.room, ballot)

    async def close(self) -> None:
        """Stop confirming; whoever listens reads the counts again when it comes back."""
        tasks = list(self.confirming.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _find_home(self, question_id: QuestionId) -> _Home:
        # A question never moves, so this is asked once; who may see it, and vote, is looked at under the lock.
        async with self.db.read() as tx:
            found = await tx.row(_HOME, question=question_id)
        if found is None:
            raise NotFound
        if len(self.homes) >= REMEMBERED:
            self.homes.clear()
        self.homes[question_id] = home = _Home(RoomId(found["room_id"]), TopicId(found["topic_id"]))
        return home

    async def _write(self, room_id: RoomId, ballots: Sequence[_Ballot]) -> Sequence[VoteSet | Exception]:
        async with self.db.begin() as tx:
            # With the eyes of who was let in: in a room that is hidden from its people nobody votes.
            admitted = listener_in(ballots[0].topic)
            room = await rooms.get_room(tx, admitted, room_id, steady=True)
            rows = await tx.rows(_HOLD, ids=[ballot.question for ballot in ballots], room=room_id)
            held = {row["id"]: row for row in rows}
            outside = await _outside(tx, room, ballots, rows)
            refused = [_refusal(room, ballot, held.get(ballot.question), outside) for ballot in ballots]
            pairs = zip(ballots, refused, strict=True)
            wanted = {(b.question, b.voter): b.value for b, refusal in pairs if refusal is None}
            counted = await _set(tx, wanted)
            if counted:
                tx.signal(f"room:{room_id}", {"type": "votes", "votes": _named(counted)})
        if counted:
            self._confirm_later(room_id, counted)

        return [
            refusal or _result(ballot, counted, held, wanted)
            for ballot, refusal in zip(ballots, refused, strict=True)
        ]

    def _confirm_later(self, room_id: RoomId, counted: dict[int, int]) -> None:
        self.unconfirmed.setdefault(room_id, set()).update(counted)
        if room_id not in self.confirming:
            self.confirming[room_id] = asyncio.create_task(
                self._confirm(room_id), name=f"votes of room {room_id}"
            )

    async def _confirm(self, room_id: RoomId) -> None:
        # Signals of two processes may cross on their way: an older count would stand until the next vote. So what
        # moved is counted and told once more when it has settled. No await between the last look and the removal.
        try:
            while True:
                await asyncio.sleep(CONFIRMS_AFTER)
                ids = self.unconfirmed.pop(room_id, None)
                if not ids:
                    return
                await self._tell(room_id, sorted(ids))
        finally:
            del self.confirming[room_id]

    async def _tell(self, room_id: RoomId, ids: list[int]) -> None:
        try:
            async with self.db.read() as tx:
                counted = {row["id"]: row["votes"] for row in await tx.rows(_COUNT, ids=ids)}
        except (Refusal, asyncpg.PostgresError, *LOST_CONNECTION_ERRORS) as error:
            _log.warning("votes of room %s not confirmed: %r", room_id, error)
            return
        except Exception:  # the next vote in the room tells the counts again
            _log.exception("votes of room %s not confirmed", room_id)
            return
        self.db.bus.signal(f"room:{room_id}", {"type": "votes", "votes": _named(counted)})


async def _set(tx: Transaction, wanted: dict[tuple[QuestionId, MemberId], int]) -> dict[int, int]:
    if not wanted:
        return {}
    rows = await tx.rows(
        _SET,
        questions=[question for question, _ in wanted],
        voters=[voter for _, voter in wanted],
        values=list(wanted.values()),
    )
    return {row["id"]: row["votes"] for row in rows}


async def _outside(
    tx: Transaction, room: RoomFacts, ballots: Sequence[_Ballot], held: Sequence[Record]
) -> set[MemberId]:
    if not held or held[0]["readers"] != "listed":
        return set()  # voters are members
    asking = {
        ballot.voter
        for ballot in ballots
        if not (ballot.actor.hosts_at(room.gathering_id) or ballot.actor.moderates_in(room.sector_id))
    }
    rows = await tx.rows(_LISTED, voters=sorted(asking), topic=ballots[0].topic)
    return asking - {row["id"] for row in rows}


def _refusal(room: RoomFacts, ballot: _Ballot, row: Record | None, outside: set[MemberId]) -> Refusal | None:
    try:
        if row is None or row["post_state"] == "hidden" or ballot.voter in outside:
            raise NotFound
        if row["post_state"] == "held" and not _is_own(ballot, row):
            raise NotFound
        ballot.actor.may_write(clock.now(), room.sector_id)
        ensure_can_vote(room.state, row["state"], _is_own(ballot, row))
    except Refusal as refusal:
        return refusal
    return None


def _is_own(ballot: _Ballot, row: Record) -> bool:
    return is_author(ballot.actor, ballot.topic, row["author_id"], row["pseudonym"])


def _result(
    ballot: _Ballot,
    counted: dict[int, int],
    held: dict[int, Record],
    wanted: dict[tuple[QuestionId, MemberId], int],
) -> VoteSet:
    votes = counted.get(ballot.question, held[ballot.question]["votes"])
    return VoteSet(ballot.question, votes, wanted[ballot.question, ballot.voter])


def _named(counted: dict[int, int]) -> dict[str, int]:
    return {str(question): votes for question, votes in counted.items()}
