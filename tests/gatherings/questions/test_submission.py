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
from tests.support.rooms.live_room import Hall, the_actor

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
async def test_sixty_four_at_once_are_a_question_each(hall: Hall, sent: Counter[str], keyed: bool) -> None:
    actor, writer = await the_actor(hall.db, await hall.member()), QuestionWriter(hall.db)
    head = len(await hall.log(f"room:{hall.room}"))
    sent.clear()

    async def ask(number: int) -> dict[str, Any]:
        new = NewQuestion(body=f"Number {number}?", anonymous=number % 3 == 0)
        idempotent = _once(f"k{number}") if keyed else NO_KEY
        answer = await writer.ask_question(actor, RoomId(hall.room), new, idempotent)
        assert answer.status == 201
        return msgspec.json.decode(answer.body, type=dict[str, Any])

    answers = await asyncio.gather(*(ask(number) for number in range(64)))

    placings = sum(times for text, times in sent.items() if "INSERT INTO questions" in text)
    assert placings <= 16
    assert sent.total() == 64 + placings * (3 if keyed else 1)
    assert [one["body"] for one in answers] == [f"Number {number}?" for number in range(64)]
    assert [one["anonymous"] for one in answers] == [number % 3 == 0 for number in range(64)]
    async with hall.db.read() as tx:
        rows = await tx.rows(_ASKED, room=hall.room)
        assert await count_questions(tx, RoomId(hall.room)) == Counts(live=64)
    assert [row["number"] for row in rows] == list(range(2, 66))
    assert {(row["id"], row["post_id"], row["body"]) for row in rows} == {
        (one["id"], one["post"], one["body"]) for one in answers
    }
    entries = (await hall.log(f"room:{hall.room}"))[head:]
    assert [entry.seq for entry in entries] == list(range(entries[0].seq, entries[0].seq + 64))
    assert [entry.event for entry in entries] == [
        {"type": "question_asked", "room_id": hall.room, "question_id": row["id"]} for row in rows
    ]
    replies = [one.event["number"] for one in await hall.log(f"topic:{hall.topic}") if "number" in one.event]
    assert replies[-64:] == list(range(2, 66))


async def test_two_processes_ask_vote_and_settle_without_waiting_for_each_other_crosswise(hall: Hall) -> None:
    writers = [QuestionWriter(hall.db) for _ in range(2)]
    asker, voter = await hall.member(), await hall.member()
    actor, host = await the_actor(hall.db, asker), await the_actor(hall.db, hall.host)

    async def live(number: int) -> str:
        answer = await writers[number % 2].ask_question(
            actor, RoomId(hall.room), NewQuestion(body="Why?", anonymous=number % 2 == 0), NO_KEY
        )
        question = msgspec.json.decode(answer.body)
        assert (await hall.vote(voter, question)).status_code == 200
        state = ("live", "answered", "dismissed", "withdrawn")[number % 4]
        if state != "live":
            async with hall.db.begin() as tx:
                move = QuestionMove(state=state, version=1, reason="Late")  # type: ignore[arg-type]
                await change_question_state(tx, actor if state == "withdrawn" else host, question["id"], move)
        return state

    await asyncio.gather(*(live(number) for number in range(48)))

    async with hall.db.read() as tx:
        assert [row["number"] for row in await tx.rows(_ASKED, room=hall.room)] == list(range(2, 50))
        assert await count_questions(tx, RoomId(hall.room)) == Counts(live=12, answered=12, dismissed=12)


@pytest.mark.parametrize(("what", "refusal"), [("room", RoomNotOpen), ("topic", TopicLocked)])
@pytest.mark.parametrize("key", [None, "k"])
async def test_what_is_closed_in_the_meantime_takes_no_question(
    hall: Hall, what: str, refusal: type[Refusal], key: str | None
) -> None:
    actor, host = await the_actor(hall.db, await hall.member()), await the_actor(hall.db, hall.host)
    writer, idempotent = QuestionWriter(hall.db), _once("k") if key else NO_KEY

    async with hall.db.begin() as tx:
        kept = await tx.value(_KEPT)
        if what == "room":
            await rooms.change_room_state(tx, host, RoomId(hall.room), RoomMove(state="closed"))
        else:
            await tx.run(_LOCK_TOPIC, topic=hall.topic)
        asking = asyncio.create_task(
            writer.ask_question(actor, RoomId(hall.room), NewQuestion(body="Why?"), idempotent)
        )
        await asyncio.sleep(0.2)
        assert not asking.done()

    with pytest.raises(refusal):
        await asking
    async with hall.db.read() as tx:
        assert await tx.rows(_ASKED, room=hall.room) == []
        assert await tx.value(_KEPT) == kept


async def test_who_asked_while_one_could_is_answered_as_then(hall: Hall) -> None:
    member, path = await hall.member(), f"/rooms/{hall.room}/questions"
    for anonymous in (False, True):
        question = {"body": "Why?", "anonymous": anonymous}
        asked = await member.post(path, question, key=f"k{anonymous}")
        await hall.host.put(f"/rooms/{hall.room}/state", {"state": "closed"})

        again = await member.post(path, question, key=f"k{anonymous}")
        late = await member.post(path, question, key="late")
        await hall.host.put(f"/rooms/{hall.room}/state", {"state": "open"})

        assert (again.status_code, again.content) == (201, asked.content)
        assert (late.status_code, late.json()["code"]) == (409, "room_not_open")
        assert (await member.post(path, question, key="late")).status_code == 201


async def test_the_same_key_in_one_company_is_one_question(hall: Hall) -> None:
    actor, writer = await the_actor(hall.db, await hall.member()), QuestionWriter(hall.db)

    async def ask(body: str, idempotent: IdempotentRequest) -> StoredResponse:
        return await writer.ask_question(actor, RoomId(hall.room), NewQuestion(body=body), idempotent)

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
    async with hall.db.read() as tx:
        assert len(await tx.rows(_ASKED, room=hall.room)) == 3


async def test_counts_leave_out_what_is_hidden(hall: Hall) -> None:
    asker = await hall.member()
    asked = [await hall.ask(asker) for _ in range(5)]
    await hall.settle(hall.host, asked[0], "answered")
    await hall.settle(hall.host, asked[1], "answered")
    await hall.settle(hall.host, asked[2], "dismissed")

    async def counts(db: Database) -> Counts:
        async with db.read() as tx:
            return await count_questions(tx, RoomId(hall.room))

    assert await counts(hall.db) == Counts(live=2, answered=2, dismissed=1)
    await hide_rows(hall.db, *[question["post"] for question in asked[1:4]])
    assert await counts(hall.db) == Counts(live=1, answered=1, dismissed=0)
