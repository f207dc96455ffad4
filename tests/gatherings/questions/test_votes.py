"""Votes: one per member, in open rooms and for open questions of others, and counted exactly under concurrency."""

import asyncio
import random
from functools import partial
from typing import Any

import pytest

from core.errors import Refusal
from gatherings.policy_rooms import RoomNotOpen
from gatherings.questions.policy import OwnQuestion, QuestionNotLive, ensure_can_vote
from gatherings.questions.votes import VoteWriter
from storage.database import Database
from storage.statements import statement
from tests.support.people import answered
from tests.support.rooms.open_room import OpenRoom, Person, the_actor

_EXACT = statement("""
SELECT q.id, q.votes, (SELECT count(*) FROM votes v WHERE v.question_id = q.id) AS counted
FROM questions q WHERE q.room_id = :room
""")


class Signals:
    """A bus that records its signals."""

    def __init__(self) -> None:
        self.told: list[tuple[str, dict[str, Any]]] = []

    def publish(self, positions: Any) -> None:
        """Nobody listens."""

    def signal(self, channel: str, payload: Any) -> None:
        """Remember the fact."""
        self.told.append((channel, payload))


@pytest.mark.parametrize(
    ("room", "question", "is_own", "refusal"),
    [
        ("open", "live", True, OwnQuestion),
        ("closed", "live", False, RoomNotOpen),
        ("planned", "live", False, RoomNotOpen),
        ("open", "answered", False, QuestionNotLive),
        ("open", "dismissed", False, QuestionNotLive),
        ("open", "withdrawn", False, QuestionNotLive),
    ],
)
def test_what_nobody_can_vote_for(room: str, question: str, is_own: bool, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        ensure_can_vote(room, question, is_own)

    ensure_can_vote("open", "live", is_own=False)


async def test_votes_are_set_and_not_toggled(open_room: OpenRoom) -> None:
    question, voter = await open_room.ask(await open_room.member()), await open_room.member()

    answers = [(await open_room.vote(voter, question, value)).json() for value in (1, 1, 0, 0, 1)]

    assert [(answer["votes"], answer["my_vote"]) for answer in answers] == [
        (1, 1),
        (1, 1),
        (0, 0),
        (0, 0),
        (1, 1),
    ]
    assert answers[0]["question"] == question["id"]
    shown = (await voter.get(f"/rooms/{open_room.room}/questions")).json()["items"][0]
    assert (shown["votes"], shown["my_vote"]) == (1, 1)
    assert (await open_room.visitor.get(f"/rooms/{open_room.room}/questions")).json()["items"][0][
        "my_vote"
    ] == 0


async def test_voting_at_the_door(open_room: OpenRoom) -> None:
    asker, member, unproved = (
        await open_room.member(),
        await open_room.member(),
        await open_room.member(verified=False),
    )
    question, settled = await open_room.ask(asker), await open_room.ask(asker)
    await open_room.change_state(open_room.host, settled, "answered")
    path = f"/questions/{question['id']}/vote"

    assert (await open_room.vote(open_room.visitor, question)).status_code == 401
    assert (await open_room.vote(unproved, question)).json()["code"] == "not_verified"
    assert (await open_room.vote(asker, question)).json()["code"] == "own_question"
    assert (await open_room.vote(member, settled)).json()["code"] == "question_not_live"
    assert (await member.put("/questions/999999/vote", {"value": 1})).status_code == 404
    for value in (2, -1, "x", True, None, 1.5):
        assert (await member.put(path, {"value": value})).status_code == 422
    assert (await open_room.vote(member, question)).status_code == 200
    await open_room.host.put(f"/rooms/{open_room.room}/state", {"state": "closed"})
    late = await open_room.vote(member, question, 0)
    assert (late.status_code, late.json()["code"]) == (409, "room_not_open")
    assert await _tallies(open_room) == {question["id"]: 1, settled["id"]: 0}


async def test_fifty_voters_with_retries_are_counted_exactly(open_room: OpenRoom) -> None:
    chance = random.Random(50)
    askers = [await open_room.member() for _ in range(2)]
    questions = [await open_room.ask(asker, anonymous=number % 2 == 0) for number, asker in enumerate(askers)]
    voters = [await open_room.member() for _ in range(50)]
    last = {(voter.id, question["id"]): chance.randint(0, 1) for voter in voters for question in questions}

    async def vote_often(voter: Person) -> None:
        for question in chance.sample(questions, len(questions)):
            wanted = last[voter.id, question["id"]]
            for value in (1 - wanted, wanted):
                vote = partial(open_room.vote, voter, question, value)
                answers = await asyncio.gather(*(answered(vote) for _ in range(2)))
                assert {answer.status_code for answer in answers} == {200}
                assert {answer.json()["my_vote"] for answer in answers} == {value}

    await asyncio.gather(*(vote_often(voter) for voter in voters))

    wanted = {
        question["id"]: sum(last[voter.id, question["id"]] for voter in voters) for question in questions
    }
    assert await _tallies(open_room) == wanted


async def test_one_person_at_once_from_many_sockets_has_one_vote(open_room: OpenRoom) -> None:
    question, voter = await open_room.ask(await open_room.member()), await open_room.member()

    await asyncio.gather(*(open_room.vote(voter, question, number % 2) for number in range(40)))

    assert (await _tallies(open_room))[question["id"]] in (0, 1)
    await open_room.vote(voter, question, 1)
    assert await _tallies(open_room) == {question["id"]: 1}


async def test_no_vote_is_counted_after_the_room_was_closed(open_room: OpenRoom) -> None:
    question = await open_room.ask(await open_room.member())
    voters = [await open_room.member() for _ in range(30)]

    async def close() -> Any:
        await asyncio.sleep(0.01)
        return await open_room.host.put(f"/rooms/{open_room.room}/state", {"state": "closed"})

    votes = [answered(partial(open_room.vote, voter, question)) for voter in voters]
    closed, *answers = await asyncio.gather(close(), *votes)

    assert closed.status_code == 200
    assert {answer.status_code for answer in answers} <= {200, 409}
    counted = sum(answer.status_code == 200 for answer in answers)
    assert await _tallies(open_room) == {question["id"]: counted}


async def test_two_processes_count_together_and_tell_what_they_agree_on(open_room: OpenRoom) -> None:
    questions = [await open_room.ask(await open_room.member(), anonymous=number == 0) for number in range(3)]
    voters = [await the_actor(open_room.db, await open_room.member()) for _ in range(30)]
    bus = Signals()
    writers = [VoteWriter(Database(open_room.db.pool, open_room.db.epoch, bus)) for _ in range(2)]

    await asyncio.gather(
        *(
            writers[(number + retry) % 2].set_vote(voter, question["id"], 1)
            for number, voter in enumerate(voters)
            for question in questions
            for retry in range(2)
        )
    )

    assert await _tallies(open_room) == {question["id"]: 30 for question in questions}
    await asyncio.gather(*(task for writer in writers for task in writer.confirm_tasks.values()))
    last: dict[str, int] = {}
    for channel, told in bus.told:
        assert (channel, told["type"]) == (f"room:{open_room.room}", "votes")
        last |= told["votes"]
    assert last == {str(question["id"]): 30 for question in questions}
    assert not any(writer.confirm_tasks or writer.unconfirmed for writer in writers)


async def _tallies(open_room: OpenRoom) -> dict[int, int]:
    async with open_room.db.read() as tx:
        rows = await tx.rows(_EXACT, room=open_room.room)
    assert all(row["votes"] == row["counted"] for row in rows)
    return {row["id"]: row["votes"] for row in rows}
