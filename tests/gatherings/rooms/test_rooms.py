"""Rooms: who plans, opens and closes them, and that an old snapshot plus its stream equals a new snapshot."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from core.actor import VISITOR
from core.errors import NotFound
from core.ids import RoomId
from forum.events import PostEdited, PostWithdrawn
from gatherings.channels import join_room, room_signals, show_room
from gatherings.questions.listing import read_questions
from gatherings.questions.questions import on_post_changed
from gatherings.snapshot import show_snapshot
from storage.statements import statement
from tests.support.moderation.hidden_posts import give_topics_reason
from tests.support.rooms.open_room import OpenRoom, Person, a_webinar, statements_of, the_actor
from tests.support.service import PATIENCE

_HIDE = statement("UPDATE topics SET hidden_at = now() WHERE id = :topic")


async def test_hosts_plan_rooms_and_each_has_a_topic_of_its_own(open_room: OpenRoom) -> None:
    path = f"/gatherings/{open_room.gathering}/rooms"
    elsewhere = (await open_room.administrator.post("/gatherings", a_webinar(datetime.now(UTC)))).json()["id"]
    stranger, member = await open_room.member(hosts=elsewhere), await open_room.member()
    room = {"title": "Workshop", "body": "What we *do* here", "rules": {"anonymous": False}}

    assert (await open_room.visitor.post(path, room)).status_code == 401
    assert (await member.post(path, room)).json()["code"] == "not_host"
    assert (await stranger.post(path, room)).status_code == 403
    assert (await open_room.host.post("/gatherings/999999/rooms", room)).status_code == 404
    made = await open_room.host.post(path, room)

    assert made.status_code == 201
    assert made.json()["state"] == "planned"
    assert made.json()["rules"]["anonymous"] is False
    topic = (await open_room.visitor.get(f"/topics/{made.json()['topic']}")).json()
    assert (topic["kind"], topic["title"], topic["sector"], topic["posts"]) == (
        "room",
        "Workshop",
        "mobility",
        1,
    )
    posts = (await open_room.visitor.get(f"/topics/{made.json()['topic']}/posts")).json()["items"]
    assert posts[0]["html"] == "<p>What we <em>do</em> here</p>\n"
    assert posts[0]["author"]["id"] == open_room.host.id
    rooms = (await open_room.visitor.get(path)).json()["items"]
    assert [found["title"] for found in rooms] == ["Plenary", "Workshop"]


async def test_a_room_sent_twice_is_planned_once(open_room: OpenRoom) -> None:
    path = f"/gatherings/{open_room.gathering}/rooms"

    first = await open_room.host.post(path, {"title": "Workshop"}, key="k")
    second = await open_room.host.post(path, {"title": "Workshop"}, key="k")

    assert first.json() == second.json()
    assert len((await open_room.visitor.get(path)).json()["items"]) == 2


@pytest.mark.parametrize(
    "room",
    [
        {},
        {"title": "ab"},
        {"title": "a\nb c"},
        {"title": "Good", "modules": ["chat"]},
        {"title": "Good", "modules": ["questions"] * 9},
        {"title": "Good", "body": ""},
        {"title": "Good", "body": "x" * 20_001},
        {"title": "Good", "topic": 1},
    ],
)
async def test_what_cannot_be_planned(open_room: OpenRoom, room: dict[str, object]) -> None:
    assert (await open_room.host.post(f"/gatherings/{open_room.gathering}/rooms", room)).status_code == 422


async def test_only_hosts_open_and_close(open_room: OpenRoom) -> None:
    path = f"/rooms/{open_room.room}/state"
    elsewhere = (await open_room.administrator.post("/gatherings", a_webinar(datetime.now(UTC)))).json()["id"]
    stranger, member = await open_room.member(hosts=elsewhere), await open_room.member()

    assert (await open_room.visitor.put(path, {"state": "closed"})).status_code == 401
    assert (await member.put(path, {"state": "closed"})).json()["code"] == "not_host"
    assert (await stranger.put(path, {"state": "closed"})).status_code == 403
    assert (await open_room.host.put("/rooms/999999/state", {"state": "closed"})).status_code == 404
    assert (await open_room.host.put(path, {"state": "burning"})).status_code == 422
    assert (await open_room.host.put(path, {"state": "closed"})).json()["state"] == "closed"
    assert (await open_room.administrator.put(path, {"state": "open"})).json()["state"] == "open"


async def test_a_room_goes_only_where_it_can(open_room: OpenRoom) -> None:
    path = f"/rooms/{open_room.room}/state"
    planned = (
        await open_room.host.post(f"/gatherings/{open_room.gathering}/rooms", {"title": "Workshop"})
    ).json()["id"]

    refused = [
        await open_room.host.put(path, {"state": "open"}),
        await open_room.host.put(path, {"state": "planned"}),
        await open_room.host.put(f"/rooms/{planned}/state", {"state": "closed"}),
        await open_room.host.put(f"/rooms/{planned}/state", {"state": "planned"}),
    ]

    assert {(answer.status_code, answer.json()["code"]) for answer in refused} == {(409, "room_cannot_move")}


async def test_two_hosts_do_not_undo_each_other(open_room: OpenRoom) -> None:
    path = f"/rooms/{open_room.room}/state"

    first = await open_room.host.put(path, {"state": "closed", "version": 2})
    second = await open_room.administrator.put(path, {"state": "closed", "version": 2})

    assert (first.status_code, first.json()["version"]) == (200, 3)
    assert (second.status_code, second.json()["code"]) == (409, "room_moved")
    assert second.json()["current"] == first.json()


async def test_the_snapshot_has_all_a_client_starts_from(open_room: OpenRoom) -> None:
    asker = await open_room.member()
    question = await open_room.ask(asker, "**Why**?")

    room = (await open_room.visitor.get(f"/rooms/{open_room.room}")).json()

    assert {key: room[key] for key in ("id", "gathering", "topic", "state", "modules", "here")} == {
        "id": open_room.room,
        "gathering": open_room.gathering,
        "topic": open_room.topic,
        "state": "open",
        "modules": ["questions"],
        "here": 0,
    }
    assert room["counts"] == {"live": 1, "answered": 0, "dismissed": 0, "shortlisted": 0, "on_stage": 0}
    assert room["stage"] is None
    assert room["stream"] == {"channel": f"room:{open_room.room}", "epoch": open_room.db.epoch, "seq": 2}
    rank = room["questions"]["items"][0]["rank"]
    assert rank["why"].keys() >= {"votes", "voters", "support", "freshness", "balance"}
    assert room["questions"]["items"] == [{**question, "mine": False, "rank": rank}]
    assert room["questions"]["next"] is None
    assert (await open_room.visitor.get("/rooms/999999")).status_code == 404


async def test_who_listens_is_counted_in_the_snapshot(open_room: OpenRoom) -> None:
    member = await open_room.member()

    async with open_room.app.listening(f"room:{open_room.room}", member.token) as feed:
        assert (await feed.next("signal"))["signal"] in (
            {"type": "presence", "here": 1},
            {"type": "votes", "votes": {}},
        )
        # The other process hears who is here a moment later.
        async with asyncio.timeout(PATIENCE):
            while (await open_room.visitor.get(f"/rooms/{open_room.room}")).json()["here"] != 1:  # noqa: ASYNC110 (another process has no event of ours)
                await asyncio.sleep(0.05)


async def test_reading_takes_few_statements(open_room: OpenRoom) -> None:
    asker = await open_room.member()
    for number in range(3):
        await open_room.ask(asker, f"Number {number}?", anonymous=number == 1)
    actor = await the_actor(open_room.db, asker)

    async with open_room.db.read() as tx:
        async with statements_of(tx) as sent:
            await show_snapshot(tx, actor, RoomId(open_room.room), "best", "")
        assert len(sent) == 5
        async with statements_of(tx) as sent:
            await read_questions(tx, actor, RoomId(open_room.room), "best", "")
        assert len(sent) == 4
        async with statements_of(tx) as sent:
            await read_questions(tx, actor, RoomId(open_room.room), "newest", "")
        assert len(sent) == 3
        async with statements_of(tx) as sent:
            await show_room(tx, "all", await open_room.log(f"room:{open_room.room}"))
        assert len(sent) == 3


async def test_a_room_is_gone_with_its_topic_for_all_but_moderators(open_room: OpenRoom) -> None:
    member, moderator = await open_room.member(), await open_room.member(moderates=open_room.sector_id)
    question = await open_room.ask(member)
    await give_topics_reason(open_room.db, open_room.topic)
    async with open_room.db.begin() as tx:
        await tx.run(_HIDE, topic=open_room.topic)
    missing = await member.get("/rooms/999999")

    for who in (open_room.visitor, member, open_room.host):
        room = await who.get(f"/rooms/{open_room.room}")
        assert (room.status_code, room.content) == (404, missing.content)
        assert (await who.get(f"/rooms/{open_room.room}/questions")).status_code == 404
        assert (await who.get(f"/gatherings/{open_room.gathering}/rooms")).json()["items"] == []
        async with open_room.db.read() as tx:
            actor = await the_actor(open_room.db, who)
            with pytest.raises(NotFound):
                await join_room(tx, actor, open_room.room)
    assert (await open_room.vote(open_room.host, question)).status_code == 404
    assert (await open_room.change_state(open_room.host, question, "answered")).status_code == 404
    assert (
        await open_room.host.put(f"/rooms/{open_room.room}/state", {"state": "closed"})
    ).status_code == 404
    assert (await member.post(f"/rooms/{open_room.room}/questions", {"body": "Why?"})).status_code == 404
    assert (await moderator.get(f"/rooms/{open_room.room}")).status_code == 200


async def test_listeners_are_hosts_or_all(open_room: OpenRoom) -> None:
    member = await open_room.member()

    async with open_room.db.read() as tx:
        assert await join_room(tx, VISITOR, open_room.room) == "all"
        assert await join_room(tx, await the_actor(open_room.db, member), open_room.room) == "all"
        assert await join_room(tx, await the_actor(open_room.db, open_room.host), open_room.room) == "host"
        assert (
            await join_room(tx, await the_actor(open_room.db, open_room.administrator), open_room.room)
            == "host"
        )


async def test_what_happens_is_heard_at_once_and_after_coming_back(open_room: OpenRoom) -> None:
    asker, voter = await open_room.member(), await open_room.member()

    async with open_room.app.listening(f"room:{open_room.room}", after=1) as feed:
        question = await open_room.ask(asker, "Why?")
        heard = (await feed.next())["event"]
        assert (heard["type"], heard["question"]["body"]) == ("question_asked", "Why?")
        assert "mine" not in heard["question"]
        await open_room.vote(voter, question)
        while (signal := (await feed.next("signal"))["signal"]) != {
            "type": "votes",
            "votes": {str(question["id"]): 1},
        }:
            assert signal["type"] in ("presence", "votes")
    await open_room.change_state(open_room.host, question, "answered")
    await open_room.host.put(f"/rooms/{open_room.room}/state", {"state": "closed"})

    async with open_room.app.listening(f"room:{open_room.room}", after=2) as feed:
        missed = [frame["event"] for frame in feed.joined["missed"]]
        while len(missed) < 2:
            missed.append((await feed.next())["event"])
        assert [event["type"] for event in missed] == ["question_settled", "room_closed"]
        assert (missed[0]["question"]["state"], missed[0]["question"]["votes"]) == ("answered", 1)
        assert missed[1]["room"]["state"] == "closed"


@pytest.mark.parametrize("viewer", ["all", "asker", "host"])
@pytest.mark.parametrize("looked", range(6))
async def test_an_old_snapshot_and_the_events_since_are_a_fresh_one(
    open_room: OpenRoom, viewer: str, looked: int
) -> None:
    asker, voter = await open_room.member(), await open_room.member()
    who = {"all": voter, "asker": asker, "host": open_room.host}[viewer]
    snapshots = [await _snapshot(open_room, who)]

    open_one = await open_room.ask(asker, "First?")
    hidden_one = await open_room.ask(asker, "Second?", anonymous=True)
    other = await open_room.ask(voter, "Third?", anonymous=True)
    snapshots.append(await _snapshot(open_room, who))
    third = await open_room.member()
    await open_room.vote(third, open_one)
    await open_room.vote(third, other)
    answered = (await open_room.change_state(open_room.host, open_one, "answered")).json()
    snapshots.append(await _snapshot(open_room, who))
    await open_room.change_state(open_room.host, hidden_one, "dismissed")
    await open_room.change_state(voter, other, "withdrawn")
    snapshots.append(await _snapshot(open_room, who))
    await open_room.change_state(open_room.host, answered, "live")
    last = await open_room.ask(asker, "Last?")
    await open_room.host.put(f"/rooms/{open_room.room}/state", {"state": "closed"})
    snapshots.append(await _snapshot(open_room, who))
    await asker.patch(f"/posts/{last['post']}", {"body": "Last, but mended?"})
    await asker.delete(f"/posts/{open_one['post']}")
    async with open_room.db.begin() as tx:
        await on_post_changed(tx, PostEdited(topic_id=open_room.topic, post_id=last["post"]))
        await on_post_changed(tx, PostWithdrawn(topic_id=open_room.topic, post_id=open_one["post"]))
    fresh = await _snapshot(open_room, who)
    snapshots.append(fresh)

    own = {"asker": [open_one, hidden_one, last], "all": [other], "host": []}[viewer]
    audience = "host" if viewer == "host" else "all"
    for old in snapshots:
        async with open_room.db.read() as tx:
            entries = await open_room.log(f"room:{open_room.room}", old["stream"]["seq"])
            events = [msgspec.json.decode(told) for told in await show_room(tx, audience, entries)]
            signals = [msgspec.json.decode(told) for told in await room_signals(tx, audience, open_room.room)]
        assert _apply(old, own, events, signals, is_host=viewer == "host") == _comparable(fresh)


async def _snapshot(open_room: OpenRoom, who: Person) -> dict[str, Any]:
    answer = await who.get(f"/rooms/{open_room.room}")
    assert answer.status_code == 200
    return answer.json()  # type: ignore[no-any-return]


def _apply(
    old: Mapping[str, Any], own: list[Any], events: list[Any], signals: list[Any], is_host: bool
) -> dict[str, Any]:
    """Apply events and signals to an old snapshot as a client does: merge fields, and drop questions it may not see.

    A client takes its personal fields from the responses to its own requests, because events do not contain them.
    """
    room = dict(old)
    questions = {question["id"]: question for question in old["questions"]["items"]}
    answered = {question["id"]: question for question in own}
    for event in events:
        if "room" in event:
            room |= event["room"]
            continue
        room["counts"] = event["counts"]
        told = event["question"]
        known = questions.get(told["id"]) or answered.get(told["id"]) or {"my_vote": 0, "mine": False}
        questions[told["id"]] = known | told
    seen = {"live", "answered"} | ({"dismissed"} if is_host else set())
    kept = {
        number: question
        for number, question in questions.items()
        if question["state"] in seen or (question["state"] == "dismissed" and question["mine"])
    }
    for signal in signals:
        for number, votes in signal["votes"].items():
            kept[int(number)]["votes"] = votes
    room["questions"] = {"items": list(kept.values())}
    return _comparable(room)


def _comparable(room: Mapping[str, Any]) -> dict[str, Any]:
    items = sorted(room["questions"]["items"], key=lambda question: question["id"])
    # How each came to its place moves with the clock; why one's own was dismissed is not told to all, but read.
    items = [
        {
            key: value
            for key, value in item.items()
            if key != "rank" and (key, item["state"]) != ("reason", "dismissed")
        }
        for item in items
    ]
    return {**room, "questions": items, "stream": None}
