"""Votes for questions: set rather than toggled, one per member, and counted exactly under any number of concurrent votes."""

import asyncio
import logging
from collections.abc import Sequence

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
from gatherings.batch_limits import BATCH_INTERVAL_SECONDS, MAX_BATCH_SIZE
from gatherings.policy_rooms import RoomFacts
from gatherings.questions.policy import ensure_can_vote
from gatherings.rooms import rooms
from gatherings.shapes.questions import VoteSet
from members.pseudonyms import is_author
from storage.database import Database, Transaction
from storage.failures import DATABASE_ERRORS
from storage.statements import statement
from storage.write_batches import WriteBatches

# Seconds after a batch of votes in which its counts are published a second time.
CONFIRM_DELAY_SECONDS = 1.0
MAX_CACHED_QUESTIONS = 10_000

_log = logging.getLogger(__name__)

SELECT_ROOM_OF_QUESTION = statement("""
SELECT q.room_id, r.topic_id FROM questions q JOIN rooms r ON r.id = q.room_id WHERE q.id = CAST(:question AS bigint)
""")
# The questions are locked first, ordered by id, so that nobody else changes their votes before the commit and two
# processes never deadlock. This cannot be part of SET_VOTES: a statement sees the votes as they were when it began, that
# is, before it waited for the lock.
LOCK_QUESTIONS_FOR_VOTES = statement("""
SELECT q.id, q.state, q.votes, p.state AS post_state, p.author_id, p.pseudonym, t.readers
FROM questions q JOIN posts p ON p.id = q.post_id JOIN topics t ON t.id = p.topic_id
WHERE q.id = ANY(CAST(:ids AS bigint[])) AND q.room_id = :room
ORDER BY q.id
FOR NO KEY UPDATE OF q
""")
# In a room with restricted access every vote checks the voter's access again: the room of a question is cached, and the
# member may have lost access since.
_voter = func.unnest(bindparam("voters", type_=ARRAY(BigInteger))).column_valued("voter")
SELECT_VOTERS_WITH_ACCESS = statement(
    select(_voter.label("id"))
    .join(topics, topics.c.id == bindparam("topic", type_=BigInteger))
    .where(is_listed_reader(_voter))
)
# `meant`: a member whose vote came here with a merged question, and who votes again, keeps the vote after an unmerge.
# Each row of `wanted` is a different question or voter, so no part of this statement depends on another part's changes.
SET_VOTES = statement("""
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
SELECT_VOTE_COUNTS = statement("SELECT id, votes FROM questions WHERE id = ANY(CAST(:ids AS bigint[]))")
LOCK_QUESTIONS_OF_VOTER = statement("""
SELECT id FROM questions WHERE id IN (SELECT question_id FROM votes WHERE member_id = :member) ORDER BY id
FOR NO KEY UPDATE
""")
# Each of a member's votes becomes a number; nobody can take it back any more.
UNNAME_VOTES = statement("""
WITH gone AS (DELETE FROM votes WHERE member_id = :member RETURNING question_id)
UPDATE questions SET former_votes = former_votes + 1 WHERE id IN (SELECT question_id FROM gone)
""")


class _PendingVote(Struct, frozen=True, kw_only=True):
    question: QuestionId
    topic: TopicId
    actor: Actor
    voter: MemberId
    value: int


class _QuestionRoom(Struct, frozen=True):
    room: RoomId
    topic: TopicId


class VoteWriter:
    """Writes the votes of this process in batches: the votes for one room within a tenth of a second are one batch."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.batches: WriteBatches[RoomId, _PendingVote, VoteSet] = WriteBatches(
            self._write, max_size=MAX_BATCH_SIZE, min_interval=BATCH_INTERVAL_SECONDS
        )
        self.question_rooms: dict[QuestionId, _QuestionRoom] = {}
        self.unconfirmed: dict[RoomId, set[int]] = {}
        self.confirm_tasks: dict[RoomId, asyncio.Task[None]] = {}

    async def set_vote(self, actor: Actor, question_id: QuestionId, value: int) -> VoteSet:
        """Set the actor's vote for a question to 1 or 0 and return the question's votes; repeating it changes nothing.

        Raises NotFound and the refusals of `ensure_can_vote`.
        """
        voter = actor.may_write(clock.now())
        found = self.question_rooms.get(question_id) or await self._find_question_room(question_id)
        vote = _PendingVote(
            question=question_id,
            topic=found.topic,
            actor=actor,
            voter=voter,
            value=value,
        )
        return await self.batches.submit(found.room, vote)

    async def close(self) -> None:
        """Cancel the pending confirmations; clients read the counts again when they reconnect."""
        tasks = list(self.confirm_tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _find_question_room(self, question_id: QuestionId) -> _QuestionRoom:
        # A question never changes its room, so this is cached; access and rules are checked under the lock.
        async with self.db.read() as tx:
            row = await tx.row(SELECT_ROOM_OF_QUESTION, question=question_id)
        if row is None:
            raise NotFound
        if len(self.question_rooms) >= MAX_CACHED_QUESTIONS:
            self.question_rooms.clear()
        found = _QuestionRoom(RoomId(row["room_id"]), TopicId(row["topic_id"]))
        self.question_rooms[question_id] = found
        return found

    async def _write(self, room_id: RoomId, pending: Sequence[_PendingVote]) -> Sequence[VoteSet | Exception]:
        async with self.db.begin() as tx:
            # Read as a listener of the topic: if moderators hid the room from its members, nobody can vote in it.
            listener = listener_in(pending[0].topic)
            room = await rooms.get_room(tx, listener, room_id, shared_lock=True)
            rows = await tx.rows(
                LOCK_QUESTIONS_FOR_VOTES, ids=[vote.question for vote in pending], room=room_id
            )
            locked = {row["id"]: row for row in rows}
            without_access = await _find_voters_without_access(tx, room, pending, rows)
            refusals = [
                _refusal_of(room, vote, locked.get(vote.question), without_access) for vote in pending
            ]
            pairs = zip(pending, refusals, strict=True)
            wanted = {(vote.question, vote.voter): vote.value for vote, refusal in pairs if refusal is None}
            counts = await _set_votes(tx, wanted)
            if counts:
                tx.signal(f"room:{room_id}", {"type": "votes", "votes": _with_text_keys(counts)})
        if counts:
            self._confirm_later(room_id, counts)

        return [
            refusal or _vote_set_of(vote, counts, locked, wanted)
            for vote, refusal in zip(pending, refusals, strict=True)
        ]

    def _confirm_later(self, room_id: RoomId, counts: dict[int, int]) -> None:
        self.unconfirmed.setdefault(room_id, set()).update(counts)
        if room_id not in self.confirm_tasks:
            self.confirm_tasks[room_id] = asyncio.create_task(
                self._confirm(room_id), name=f"votes of room {room_id}"
            )

    async def _confirm(self, room_id: RoomId) -> None:
        # The signals of two processes may arrive in the wrong order, and an older count would be shown until the next
        # vote. So the counts are published once more later. There must be no await between the last check of
        # `unconfirmed` and the removal of the task.
        try:
            while True:
                await asyncio.sleep(CONFIRM_DELAY_SECONDS)
                ids = self.unconfirmed.pop(room_id, None)
                if not ids:
                    return
                await self._publish_counts(room_id, sorted(ids))
        finally:
            del self.confirm_tasks[room_id]

    async def _publish_counts(self, room_id: RoomId, ids: list[int]) -> None:
        try:
            async with self.db.read() as tx:
                rows = await tx.rows(SELECT_VOTE_COUNTS, ids=ids)
        except (Refusal, *DATABASE_ERRORS) as error:
            _log.warning("the vote counts of room %s could not be confirmed: %r", room_id, error)
            return
        except Exception:  # not fatal: the next vote in the room publishes the counts again
            _log.exception("the vote counts of room %s could not be confirmed", room_id)
            return
        counts = {row["id"]: row["votes"] for row in rows}
        self.db.bus.signal(f"room:{room_id}", {"type": "votes", "votes": _with_text_keys(counts)})


async def _set_votes(tx: Transaction, wanted: dict[tuple[QuestionId, MemberId], int]) -> dict[int, int]:
    # Returns the new counts of the questions whose count changed.
    if not wanted:
        return {}
    rows = await tx.rows(
        SET_VOTES,
        questions=[question for question, _ in wanted],
        voters=[voter for _, voter in wanted],
        values=list(wanted.values()),
    )
    return {row["id"]: row["votes"] for row in rows}


async def _find_voters_without_access(
    tx: Transaction, room: RoomFacts, pending: Sequence[_PendingVote], locked: Sequence[Record]
) -> set[MemberId]:
    if not locked or locked[0]["readers"] != "listed":
        return set()  # all members have access
    voters = {
        vote.voter
        for vote in pending
        if not (vote.actor.hosts_at(room.gathering_id) or vote.actor.moderates_in(room.sector_id))
    }
    rows = await tx.rows(SELECT_VOTERS_WITH_ACCESS, voters=sorted(voters), topic=pending[0].topic)
    return voters - {row["id"] for row in rows}


def _refusal_of(
    room: RoomFacts, vote: _PendingVote, row: Record | None, without_access: set[MemberId]
) -> Refusal | None:
    try:
        if row is None or row["post_state"] == "hidden" or vote.voter in without_access:
            raise NotFound
        if row["post_state"] == "held" and not _is_own(vote, row):
            raise NotFound
        vote.actor.may_write(clock.now(), room.sector_id)
        ensure_can_vote(room.state, row["state"], _is_own(vote, row))
    except Refusal as refusal:
        return refusal
    return None


def _is_own(vote: _PendingVote, row: Record) -> bool:
    return is_author(vote.actor, vote.topic, row["author_id"], row["pseudonym"])


def _vote_set_of(
    vote: _PendingVote,
    counts: dict[int, int],
    locked: dict[int, Record],
    wanted: dict[tuple[QuestionId, MemberId], int],
) -> VoteSet:
    votes = counts.get(vote.question, locked[vote.question]["votes"])
    return VoteSet(vote.question, votes, wanted[vote.question, vote.voter])


def _with_text_keys(counts: dict[int, int]) -> dict[str, int]:
    return {str(question): votes for question, votes in counts.items()}


async def unname_votes(tx: Transaction, member: int) -> None:
    """Erase who cast the votes of a member; they stay counted."""
    await tx.run(LOCK_QUESTIONS_OF_VOTER, member=member)
    await tx.run(UNNAME_VOTES, member=member)
