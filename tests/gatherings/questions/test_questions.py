"""Questions and votes: permissions, the anonymity of askers, and exact counts of votes."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from core import clock
from core.actor import VISITOR, Actor
from core.errors import Refusal, SignInFirst
from core.ids import QuestionId
from gatherings.channels import show_room
from gatherings.policy import NotHost
from gatherings.policy_rooms import NoQuestionsHere, RoomFacts, RoomNotOpen
from gatherings.questions.listing import PAGE_SIZE
from gatherings.questions.policy import (
    AnonymityNotAllowed,
    HostsAskByName,
    NotAsker,
    QuestionFacts,
    ensure_can_ask,
    ensure_can_change_question_state,
)
from members.pseudonyms import pseudonym
from storage.statements import statement
from tests.support.moderation.hidden_posts import hide_rows
from tests.support.rooms.open_room import OpenRoom, Person, a_webinar, the_actor
from tests.support.rooms.room_facts import HOST, MEMBER, NOON, a_room

_LOCK_TOPIC = statement("UPDATE topics SET locked_at = now() WHERE id = :topic")
_TABLES = ("posts", "questions", "votes", "topics", "log", "channels", "answers", "follow_ups", "revisions")


def a_question(**facts: object) -> QuestionFacts:
    given = {"id": QuestionId(9), "post_id": 1, "state": "live", "version": 1, "is_own": False}
    return QuestionFacts(**(given | facts))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("actor", "room", "anonymous", "refusal"),
    [
        (VISITOR, a_room(), False, SignInFirst),
        (MEMBER, a_room(state="planned"), False, RoomNotOpen),
        (MEMBER, a_room(state="closed"), True, RoomNotOpen),
        (MEMBER, a_room(modules=[]), False, NoQuestionsHere),
        (MEMBER, a_room(allows_anonymous=False), True, AnonymityNotAllowed),
        (HOST, a_room(), True, HostsAskByName),
        (HOST, a_room(state="closed"), False, RoomNotOpen),
    ],
)
def test_who_cannot_ask(actor: Actor, room: RoomFacts, anonymous: bool, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        ensure_can_ask(actor, room, anonymous, NOON)


def test_members_ask_in_open_rooms() -> None:
    ensure_can_ask(MEMBER, a_room(), False, NOON)
    ensure_can_ask(MEMBER, a_room(), True, NOON)
    ensure_can_ask(HOST, a_room(), False, NOON)
    ensure_can_ask(MEMBER, a_room(allows_anonymous=False), False, NOON)


@pytest.mark.parametrize(
    ("actor", "question", "state", "refusal"),
    [
        (VISITOR, a_question(), "answered", SignInFirst),
        (MEMBER, a_question(), "answered", NotHost),
        (MEMBER, a_question(is_own=True), "answered", NotHost),
        (MEMBER, a_question(), "withdrawn", NotAsker),
        (HOST, a_question(), "withdrawn", NotAsker),
    ],
)
def test_who_cannot_settle(actor: Actor, question: QuestionFacts, state: str, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        ensure_can_change_question_state(actor, a_room(), question, state, NOON)


async def test_a_question_is_a_post_of_the_rooms_topic(open_room: OpenRoom) -> None:
    asker = await open_room.member()

    question = await open_room.ask(asker, "  **Why** this?  ")

    assert question["body"] == "**Why** this?"
    assert question["html"] == "<p><strong>Why</strong> this?</p>\n"
    assert question["author"]["id"] == asker.id
    assert (question["state"], question["votes"], question["my_vote"], question["mine"]) == (
        "live",
        0,
        0,
        True,
    )
    post = (await open_room.visitor.get(f"/posts/{question['post']}")).json()
    assert (post["topic"], post["number"], post["html"]) == (
        open_room.topic,
        question["number"],
        question["html"],
    )
    reply = await asker.post(
        f"/topics/{open_room.topic}/posts", {"body": "Later", "parent": question["post"]}
    )
    assert reply.status_code == 201


async def test_asking_at_the_door(open_room: OpenRoom) -> None:
    path = f"/rooms/{open_room.room}/questions"
    unproved, member = await open_room.member(verified=False), await open_room.member()
    silenced = await open_room.member(silenced_until=datetime.now(UTC) + timedelta(hours=1))

    for anonymous in (False, True):
        question = {"body": "Why?", "anonymous": anonymous}
        assert (await open_room.visitor.post(path, question)).status_code == 401
        assert (await unproved.post(path, question)).json()["code"] == "not_verified"
        assert (await silenced.post(path, question)).json()["code"] == "silenced"
        assert (await member.post("/rooms/999999/questions", question)).status_code == 404
        assert (await member.post(path, question)).status_code == 201
    assert (await open_room.host.post(path, {"body": "Why?", "anonymous": True})).json()[
        "code"
    ] == "hosts_ask_by_name"
    await open_room.host.put(f"/rooms/{open_room.room}/state", {"state": "closed"})
    for anonymous in (False, True):
        late = await member.post(path, {"body": "Why?", "anonymous": anonymous})
        assert (late.status_code, late.json()["code"]) == (409, "room_not_open")
    assert len((await open_room.visitor.get(path)).json()["items"]) == 2


@pytest.mark.parametrize(
    ("question", "status"),
    [
        ({}, 422),
        ({"body": ""}, 422),
        ({"body": " \n "}, 422),
        ({"body": "x" * 2001}, 422),
        ({"body": "nul \x00"}, 422),
        ({"body": 7}, 422),
        ({"body": "Why?", "anonymous": "yes"}, 422),
        ({"body": "Why?", "author": 1}, 422),
        ({"body": "Why?", "state": "answered"}, 422),
    ],
)
async def test_what_cannot_be_asked(open_room: OpenRoom, question: dict[str, object], status: int) -> None:
    member = await open_room.member()

    assert (await member.post(f"/rooms/{open_room.room}/questions", question)).status_code == status
    assert (await open_room.visitor.get(f"/rooms/{open_room.room}")).json()["counts"]["live"] == 0


async def test_a_locked_topic_takes_no_questions(open_room: OpenRoom) -> None:
    member = await open_room.member()
    async with open_room.db.begin() as tx:
        await tx.run(_LOCK_TOPIC, topic=open_room.topic)

    refused = await member.post(f"/rooms/{open_room.room}/questions", {"body": "Why?"})

    assert (refused.status_code, refused.json()["code"]) == (403, "topic_locked")


@pytest.mark.parametrize("anonymous", [False, True])
async def test_a_question_sent_again_is_asked_once(open_room: OpenRoom, anonymous: bool) -> None:
    member, path = await open_room.member(), f"/rooms/{open_room.room}/questions"
    question = {"body": "Why?", "anonymous": anonymous}

    answers = await asyncio.gather(*(member.post(path, question, key="k") for _ in range(5)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert (await member.post(path, {"body": "Another?", "anonymous": anonymous}, key="k")).status_code == 422
    assert len((await open_room.visitor.get(path)).json()["items"]) == 1


async def test_nothing_kept_or_told_links_an_anonymous_question_to_its_asker(open_room: OpenRoom) -> None:
    asker, other = await open_room.member(), await open_room.member()
    actor = await the_actor(open_room.db, asker)
    before = await _rows(open_room)

    async with open_room.app.listening(f"room:{open_room.room}", open_room.host.token) as feed:
        answer = await asker.post(
            f"/rooms/{open_room.room}/questions", {"body": "Who am I?", "anonymous": True}, key="k"
        )
        heard = await feed.next()
    question = answer.json()
    await open_room.vote(asker, question)
    await asker.put(f"/questions/{question['id']}/state", {"state": "withdrawn", "version": 1}, key="w")

    assert (question["author"], question["anonymous"], question["mine"]) == (None, True, True)
    assert question["asked_at"].endswith(":00Z")
    assert (heard["event"]["question"]["author"], "mine" in heard["event"]["question"]) == (None, False)
    after = await _rows(open_room)
    named = {("author_id", asker.id), ("member_id", asker.id), ("asker_id", asker.id)}
    traces = (
        f"member:{asker.id}",
        actor.handle or "?",
        f'"author_id": {asker.id}',
        str(actor.session_id or "?") + "-",
    )
    for table, rows in after.items():
        for row in rows:
            if row in before[table]:
                continue
            assert not named & set(row), (table, row)
            assert not any(trace in str(value) for _, value in row for trace in traces), (table, row)
    posts = [dict(row) for row in after["posts"] if dict(row)["id"] == question["post"]]
    assert posts[0]["pseudonym"] == pseudonym(actor, f"topic:{open_room.topic}")
    assert posts[0]["posted_at"].second == posts[0]["posted_at"].microsecond == 0
    assert (
        pseudonym(await the_actor(open_room.db, other), f"topic:{open_room.topic}") != posts[0]["pseudonym"]
    )
    assert pseudonym(actor, f"topic:{open_room.topic + 1}") != posts[0]["pseudonym"]


async def test_an_anonymous_asker_finds_the_question_again_and_nobody_else_does(open_room: OpenRoom) -> None:
    asker, other = await open_room.member(), await open_room.member()
    question = await open_room.ask(asker, anonymous=True)
    path = f"/rooms/{open_room.room}/questions"

    assert (await asker.get(path)).json()["items"][0]["mine"] is True
    for who in (open_room.visitor, other, open_room.host, open_room.administrator):
        shown = (await who.get(path)).json()["items"][0]
        assert (shown["mine"], shown["author"]) == (False, None)
    assert (await open_room.vote(asker, question)).json()["code"] == "own_question"
    for who in (other, open_room.host, open_room.administrator):
        assert (await open_room.change_state(who, question, "withdrawn")).json()["code"] == "not_asker"
    assert (await open_room.change_state(open_room.visitor, question, "withdrawn")).status_code == 401
    assert (await open_room.change_state(asker, question, "withdrawn")).json()["state"] == "withdrawn"


async def test_a_minute_is_all_that_is_told_of_when_an_anonymous_question_came(open_room: OpenRoom) -> None:
    asker = await open_room.member()

    with clock.stop_at(datetime.now(UTC).replace(second=42, microsecond=7)):
        named, unnamed = await open_room.ask(asker), await open_room.ask(asker, anonymous=True)

    assert named["asked_at"].endswith(":42.000007Z")
    assert unnamed["asked_at"].endswith(":00Z")


async def test_hosts_answer_dismiss_and_take_up_again(open_room: OpenRoom) -> None:
    asker = await open_room.member()
    elsewhere = (await open_room.administrator.post("/gatherings", a_webinar(NOON))).json()["id"]
    stranger = await open_room.member(hosts=elsewhere)
    question = await open_room.ask(asker)

    assert (await open_room.change_state(open_room.visitor, question, "answered")).status_code == 401
    for who in (asker, stranger):
        assert (await open_room.change_state(who, question, "answered")).json()["code"] == "not_host"
    answered = (await open_room.change_state(open_room.host, question, "answered")).json()
    again = (await open_room.change_state(open_room.administrator, answered, "live")).json()
    await open_room.host.put(f"/rooms/{open_room.room}/state", {"state": "closed"})
    dismissed = (await open_room.change_state(open_room.host, again, "dismissed")).json()

    assert (answered["answered_how"], again["answered_how"]) == ("live", None)
    assert [one["state"] for one in (answered, again, dismissed)] == ["answered", "live", "dismissed"]
    assert [one["version"] for one in (answered, again, dismissed)] == [2, 3, 4]
    assert answered["settled_at"]
    assert again["settled_at"] is None
    assert (
        await open_room.host.put("/questions/999999/state", {"state": "live", "version": 1})
    ).status_code == 404
    assert (
        await open_room.host.put(f"/questions/{question['id']}/state", {"state": "live"})
    ).status_code == 422
    assert (
        await open_room.host.put(f"/questions/{question['id']}/state", {"state": "gone", "version": 4})
    ).status_code == 422


async def test_a_stale_move_is_told_what_happened_meanwhile(open_room: OpenRoom) -> None:
    question = await open_room.ask(await open_room.member())

    answers = await asyncio.gather(
        open_room.change_state(open_room.host, question, "answered"),
        open_room.change_state(open_room.administrator, question, "dismissed"),
    )

    done, refused = sorted(answers, key=lambda answer: answer.status_code)
    assert (done.status_code, refused.status_code) == (200, 409)
    assert refused.json()["code"] == "question_moved"
    assert refused.json()["current"] == done.json()
    meanwhile = refused.json()["meanwhile"]
    assert [(one["version"], one["old_state"], one["new_state"]) for one in meanwhile] == [
        (2, "live", done.json()["state"])
    ]
    assert meanwhile[0]["by"]["id"] in (open_room.host.id, open_room.administrator.id)


async def test_moving_to_where_it_is_changes_nothing(open_room: OpenRoom) -> None:
    question = await open_room.ask(await open_room.member())
    entries = len(await open_room.log(f"room:{open_room.room}"))

    same = await open_room.change_state(open_room.host, question, "live")

    assert (same.status_code, same.json()["version"]) == (200, 1)
    assert len(await open_room.log(f"room:{open_room.room}")) == entries


@pytest.mark.parametrize("anonymous", [False, True])
async def test_who_asked_withdraws_and_the_post_goes_too(open_room: OpenRoom, anonymous: bool) -> None:
    asker = await open_room.member()
    question = await open_room.ask(asker, anonymous=anonymous)

    gone = await open_room.change_state(asker, question, "withdrawn")
    again = await open_room.change_state(asker, question, "withdrawn")

    assert (gone.status_code, gone.json()["state"]) == (200, "withdrawn")
    assert "body" not in gone.json()
    assert again.json() == gone.json()
    for who in (open_room.visitor, asker, open_room.host):
        assert (await who.get(f"/rooms/{open_room.room}/questions")).json()["items"] == []
        assert (await who.get(f"/posts/{question['post']}")).json()["state"] == "withdrawn"
    moved = await open_room.host.put(f"/questions/{question['id']}/state", {"state": "live", "version": 2})
    assert (moved.status_code, moved.json()["code"]) == (409, "question_cannot_move")
    assert (await open_room.vote(open_room.host, question)).json()["code"] == "question_not_live"


async def test_a_dismissed_question_is_seen_by_hosts_and_who_asked(open_room: OpenRoom) -> None:
    asker, other = await open_room.member(), await open_room.member()
    question = await open_room.ask(asker, "Too long?", anonymous=True)
    await open_room.change_state(open_room.host, question, "dismissed")

    for who, count in (
        (open_room.visitor, 0),
        (other, 0),
        (asker, 1),
        (open_room.host, 1),
        (open_room.administrator, 1),
    ):
        assert len((await who.get(f"/rooms/{open_room.room}/questions")).json()["items"]) == count
    assert (await open_room.visitor.get(f"/rooms/{open_room.room}")).json()["counts"]["dismissed"] == 1
    async with open_room.db.read() as tx:
        entries = await open_room.log(f"room:{open_room.room}", 1)
        for_all = [msgspec.json.decode(told) for told in await show_room(tx, "all", entries)]
        for_hosts = [msgspec.json.decode(told) for told in await show_room(tx, "host", entries)]
    assert [event["question"].get("body") for event in for_all] == [None, None]
    assert [event["question"]["state"] for event in for_all] == ["dismissed", "dismissed"]
    assert [event["question"]["body"] for event in for_hosts] == ["Too long?", "Too long?"]


async def test_a_question_hidden_by_moderation_is_gone_everywhere(open_room: OpenRoom) -> None:
    asker, other = await open_room.member(), await open_room.member()
    question = await open_room.ask(asker, "Abuse")
    await open_room.vote(other, question)
    await hide_rows(open_room.db, question["post"])

    for who in (open_room.visitor, asker, open_room.host):
        room = (await who.get(f"/rooms/{open_room.room}")).json()
        assert (room["questions"]["items"], room["counts"]["live"]) == ([], 0)
    assert (await open_room.vote(other, question, 0)).status_code == 404
    assert (await open_room.change_state(open_room.host, question, "answered")).status_code == 404
    async with open_room.db.read() as tx:
        told = await show_room(tx, "host", await open_room.log(f"room:{open_room.room}", 1))
    assert b"Abuse" not in b"".join(told)
    assert msgspec.json.decode(told[0])["question"]["state"] == "hidden"


async def test_every_order_pages_through_all_questions_once(open_room: OpenRoom) -> None:
    asker, voters = await open_room.member(), [await open_room.member() for _ in range(3)]
    start = datetime.now(UTC).replace(second=0, microsecond=0)
    asked = []
    for number in range(PAGE_SIZE + 3):
        with clock.stop_at(start + timedelta(seconds=number % 7)):
            asked.append(await open_room.ask(asker, f"Number {number}?", anonymous=number % 5 == 0))
    for number, question in enumerate(asked):
        for voter in voters[: number % 4]:
            await open_room.vote(voter, question)
    keys: dict[str, Any] = {
        "best": lambda one: -one["rank"]["score"],
        "votes": lambda one: (-one["votes"], one["id"]),
        "newest": lambda one: (-datetime.fromisoformat(one["asked_at"]).timestamp(), -one["id"]),
    }

    for order, key in keys.items():
        found = await _all_pages(open_room, voters[0], order)
        assert len(found) == len(asked)
        assert found == sorted(found, key=key)
        assert [one["my_vote"] for one in found] == [int(one["votes"] > 0) for one in found]


async def test_lists_can_be_of_one_state(open_room: OpenRoom) -> None:
    asker, path = await open_room.member(), f"/rooms/{open_room.room}/questions"
    first, second = await open_room.ask(asker), await open_room.ask(asker)
    await open_room.change_state(open_room.host, first, "answered")

    for state, wanted in (("live", [second["id"]]), ("answered", [first["id"]]), ("dismissed", [])):
        assert [one["id"] for one in (await asker.get(path, state=state)).json()["items"]] == wanted
    assert (await asker.get(path, state="lost")).status_code == 422
    assert (await asker.get(path, order="loudest")).status_code == 422


@pytest.mark.parametrize("order", ["best", "votes", "newest"])
async def test_cursors_made_up_are_refused(open_room: OpenRoom, order: str) -> None:
    for cursor in ("x", "W10", "WzFd", "\u00e9", "WzEsMSwxLDFd", "Wy0xLC0xLC0xXQ"):
        refused = await open_room.visitor.get(f"/rooms/{open_room.room}/questions", order=order, after=cursor)
        assert (refused.status_code, refused.json()["code"]) == (400, "bad_cursor")


async def _all_pages(open_room: OpenRoom, who: Person, order: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    while True:
        page = (await who.get(f"/rooms/{open_room.room}/questions", order=order, **after)).json()
        found += page["items"]
        if page["next"] is None:
            return found
        after = {"after": page["next"]}


async def _rows(open_room: OpenRoom) -> dict[str, list[tuple[tuple[str, Any], ...]]]:
    found: dict[str, list[tuple[tuple[str, Any], ...]]] = {}
    async with open_room.db.read() as tx:
        for table in _TABLES:
            rows = await tx.connection.fetch(f"SELECT * FROM {table}")
            found[table] = [tuple((name, _plain(value)) for name, value in row.items()) for row in rows]
    return found


def _plain(value: Any) -> Any:
    return msgspec.json.encode(value).decode() if isinstance(value, dict | list) else value
