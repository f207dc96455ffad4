"""Submission: concurrent questions are inserted in few statements, each exactly once, and refused ones not at all."""

import asyncio
from collections import Counter
from contextvars import ContextVar
from typing import Any

import msgspec
import pytest

from core.errors import Refusal
from core.ids import RoomId
from forum.policy import TopicLocked
from gatherings.policy_rooms import RoomNotOpen
from gatherings.questions.questions import change_question_state
from gatherings.questions.reading import count_questions
from gatherings.questions.submission import QuestionWriter
from gatherings.rooms import rooms
from gatherings.shapes.questions import Counts, NewQuestion, QuestionMove
from gatherings.shapes.rooms import RoomMove
from storage.database import Database, Reader
from storage.idempotency import IdempotencyKeyReused, IdempotentRequest, StoredResponse
from storage.statements import Statement, statement
from tests.support.moderation.hidden_posts import hide_rows
from tests.support.rooms.open_room import OpenRoom, the_actor
from tests.support.service import wait_for_blocked_statement

_ASKED = statement("""
SELECT q.id, q.post_id, p.number, p.body FROM questions q JOIN posts p ON p.id = q.post_id
WHERE q.room_id = :room ORDER BY p.number
""")
_LOCK_TOPIC = statement("UPDATE topics SET locked_at = now() WHERE id = :topic")
_KEPT = statement("SELECT count(*) FROM answers")

NO_KEY = IdempotentRequest(scope="", key=None, fingerprint=b"")
# Tasks inherit it from who starts them: those that a test starts have it, the service's own have not.
_counting: ContextVar[Counter[str] | None] = ContextVar("counting", default=None)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count how often this test runs each statement, without those of the service's background tasks."""
    counted: Counter[str] = Counter()
    _counting.set(counted)
    for name in ("rows", "row", "value", "run"):
        run = getattr(Reader, name)

        async def count(self: Reader, query: Statement, _run: Any = run, **binds: Any) -> Any:
            if _counting.get() is counted:
                counted[query.text] += 1
            return await _run(self, query, **binds)

        monkeypatch.setattr(Reader, name, count)
    return counted


def _once(key: str, body: str = "") -> IdempotentRequest:
    return IdempotentRequest(scope="member:1", key=key, fingerprint=body.encode())


@pytest.mark.parametrize("keyed", [False, True])
async def test_sixty_four_at_once_are_a_question_each(
    open_room: OpenRoom, sent: Counter[str], keyed: bool
) -> None:
    actor, writer = await the_actor(open_room.db, await open_room.member()), QuestionWriter(open_room.db)
    head = len(await open_room.log(f"room:{open_room.room}"))
    sent.clear()

    async def ask(number: int) -> dict[str, Any]:
        new = NewQuestion(body=f"Number {number}?", anonymous=number % 3 == 0)
        idempotent = _once(f"k{number}") if keyed else NO_KEY
        answer = await writer.ask_question(actor, RoomId(open_room.room), new, idempotent)
        assert answer.status == 201
        return msgspec.json.decode(answer.body, type=dict[str, Any])

    answers = await asyncio.gather(*(ask(number) for number in range(64)))

    placings = sum(times for text, times in sent.items() if "INSERT INTO questions" in text)
    assert placings <= 16
    assert sent.total() == 64 + placings * (3 if keyed else 1)
    assert [one["body"] for one in answers] == [f"Number {number}?" for number in range(64)]
    assert [one["anonymous"] for one in answers] == [number % 3 == 0 for number in range(64)]
    async with open_room.db.read() as tx:
        rows = await tx.rows(_ASKED, room=open_room.room)
        assert await count_questions(tx, RoomId(open_room.room)) == Counts(live=64)
    assert [row["number"] for row in rows] == list(range(2, 66))
    assert {(row["id"], row["post_id"], row["body"]) for row in rows} == {
        (one["id"], one["post"], one["body"]) for one in answers
    }
    entries = (await open_room.log(f"room:{open_room.room}"))[head:]
    assert [entry.seq for entry in entries] == list(range(entries[0].seq, entries[0].seq + 64))
    assert [entry.event for entry in entries] == [
        {"type": "question_asked", "room_id": open_room.room, "question_id": row["id"]} for row in rows
    ]
    replies = [
        one.event["number"]
        for one in await open_room.log(f"topic:{open_room.topic}")
        if "number" in one.event
    ]
    assert replies[-64:] == list(range(2, 66))


async def test_two_processes_ask_vote_and_settle_without_waiting_for_each_other_crosswise(
    open_room: OpenRoom,
) -> None:
    writers = [QuestionWriter(open_room.db) for _ in range(2)]
    asker, voter = await open_room.member(), await open_room.member()
    actor, host = await the_actor(open_room.db, asker), await the_actor(open_room.db, open_room.host)

    async def live(number: int) -> str:
        answer = await writers[number % 2].ask_question(
            actor, RoomId(open_room.room), NewQuestion(body="Why?", anonymous=number % 2 == 0), NO_KEY
        )
        question = msgspec.json.decode(answer.body)
        assert (await open_room.vote(voter, question)).status_code == 200
        state = ("live", "answered", "dismissed", "withdrawn")[number % 4]
        if state != "live":
            async with open_room.db.begin() as tx:
                move = QuestionMove(state=state, version=1, reason="Late")  # type: ignore[arg-type]
                await change_question_state(tx, actor if state == "withdrawn" else host, question["id"], move)
        return state

    await asyncio.gather(*(live(number) for number in range(48)))

    async with open_room.db.read() as tx:
        assert [row["number"] for row in await tx.rows(_ASKED, room=open_room.room)] == list(range(2, 50))
        assert await count_questions(tx, RoomId(open_room.room)) == Counts(live=12, answered=12, dismissed=12)


@pytest.mark.parametrize(("what", "refusal"), [("room", RoomNotOpen), ("topic", TopicLocked)])
@pytest.mark.parametrize("key", [None, "k"])
async def test_what_is_closed_in_the_meantime_takes_no_question(
    open_room: OpenRoom, what: str, refusal: type[Refusal], key: str | None
) -> None:
    actor, host = (
        await the_actor(open_room.db, await open_room.member()),
        await the_actor(open_room.db, open_room.host),
    )
    writer, idempotent = QuestionWriter(open_room.db), _once("k") if key else NO_KEY

    async with open_room.db.begin() as tx:
        kept = await tx.value(_KEPT)
        if what == "room":
            await rooms.change_room_state(tx, host, RoomId(open_room.room), RoomMove(state="closed"))
        else:
            await tx.run(_LOCK_TOPIC, topic=open_room.topic)
        asking = asyncio.create_task(
            writer.ask_question(actor, RoomId(open_room.room), NewQuestion(body="Why?"), idempotent)
        )
        await wait_for_blocked_statement(open_room.db)
        assert not asking.done()

    with pytest.raises(refusal):
        await asking
    async with open_room.db.read() as tx:
        assert await tx.rows(_ASKED, room=open_room.room) == []
        assert await tx.value(_KEPT) == kept


async def test_who_asked_while_one_could_is_answered_as_then(open_room: OpenRoom) -> None:
    member, path = await open_room.member(), f"/rooms/{open_room.room}/questions"
    for anonymous in (False, True):
        question = {"body": "Why?", "anonymous": anonymous}
        asked = await member.post(path, question, key=f"k{anonymous}")
        await open_room.host.put(f"/rooms/{open_room.room}/state", {"state": "closed"})

        again = await member.post(path, question, key=f"k{anonymous}")
        late = await member.post(path, question, key="late")
        await open_room.host.put(f"/rooms/{open_room.room}/state", {"state": "open"})

        assert (again.status_code, again.content) == (201, asked.content)
        assert (late.status_code, late.json()["code"]) == (409, "room_not_open")
        assert (await member.post(path, question, key="late")).status_code == 201


async def test_the_same_key_in_one_company_is_one_question(open_room: OpenRoom) -> None:
    actor, writer = await the_actor(open_room.db, await open_room.member()), QuestionWriter(open_room.db)

    async def ask(body: str, idempotent: IdempotentRequest) -> StoredResponse:
        return await writer.ask_question(actor, RoomId(open_room.room), NewQuestion(body=body), idempotent)

    results = await asyncio.gather(
        ask("First?", NO_KEY),
        *(ask("Same?", _once("same", "a")) for _ in range(5)),
        ask("Other?", _once("same", "b")),
        ask("Last?", _once("last")),
        return_exceptions=True,
    )

    bodies = {one.body for one in results if isinstance(one, StoredResponse)}
    assert len([one for one in results if isinstance(one, IdempotencyKeyReused)]) in (1, 5)
    assert len(bodies) == 3
    async with open_room.db.read() as tx:
        assert len(await tx.rows(_ASKED, room=open_room.room)) == 3


async def test_counts_leave_out_what_is_hidden(open_room: OpenRoom) -> None:
    asker = await open_room.member()
    asked = [await open_room.ask(asker) for _ in range(5)]
    await open_room.change_state(open_room.host, asked[0], "answered")
    await open_room.change_state(open_room.host, asked[1], "answered")
    await open_room.change_state(open_room.host, asked[2], "dismissed")

    async def counts(db: Database) -> Counts:
        async with db.read() as tx:
            return await count_questions(tx, RoomId(open_room.room))

    assert await counts(open_room.db) == Counts(live=2, answered=2, dismissed=1)
    await hide_rows(open_room.db, *[question["post"] for question in asked[1:4]])
    assert await counts(open_room.db) == Counts(live=1, answered=1, dismissed=0)
