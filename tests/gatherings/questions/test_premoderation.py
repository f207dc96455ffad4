"""Premoderated rooms: held questions are visible nowhere, and an approved one looks as if it had just been asked."""

from typing import Any

import msgspec
import pytest
import pytest_asyncio

from gatherings.channels import show_room
from tests.support.rooms.open_room import OpenRoom, Person, make_open_room, the_actor
from tests.support.rooms.questions import moved, shown
from tests.support.service import Service, raw_sql
from tests.support.streams import apply as apply_topic


@pytest_asyncio.fixture
async def open_room(app: Service) -> OpenRoom:
    open_room = await make_open_room(app)
    await raw_sql(app.db).execute("UPDATE rooms SET is_premoderated = true WHERE id = $1", open_room.room)
    return open_room


async def all_that_is_told(open_room: OpenRoom, who: Person) -> list[bytes]:
    """Return everything that a person can read about the room's topic, without the time of reading."""
    paths = (
        f"/topics/{open_room.topic}",
        f"/topics/{open_room.topic}/posts",
        f"/topics/{open_room.topic}/posts?order=time",
        "/sectors/mobility/topics",
        "/sectors",
    )
    return [(await who.get(path)).content for path in paths]


@pytest.mark.parametrize("anonymous", [False, True])
async def test_what_waits_is_seen_by_who_asked_and_the_hosts_and_by_nobody_else(
    open_room: OpenRoom, anonymous: bool
) -> None:
    asker, other, moderator = (
        await open_room.member(),
        await open_room.member(),
        await open_room.member(moderates=open_room.sector_id),
    )
    strangers = (open_room.visitor, other, moderator)
    told = [await all_that_is_told(open_room, who) for who in (*strangers, asker, open_room.host)]
    entries = len(await open_room.log(f"topic:{open_room.topic}"))
    head = len(await open_room.log(f"room:{open_room.room}"))

    question = await open_room.ask(asker, "Secret?", anonymous=anonymous)

    assert (question["state"], "number" in question, question["body"]) == ("pending", False, "Secret?")
    assert told == [await all_that_is_told(open_room, who) for who in (*strangers, asker, open_room.host)]
    assert len(await open_room.log(f"topic:{open_room.topic}")) == entries
    for who, count in ((open_room.visitor, 0), (other, 0), (moderator, 0), (asker, 1), (open_room.host, 1)):
        room = (await who.get(f"/rooms/{open_room.room}")).json()
        assert len(room["questions"]["items"]) == count
        assert room["counts"]["live"] == 0
        assert room["counts"].get("pending") == (1 if who is open_room.host else None)
        for order in ("newest", "votes"):
            page = (await who.get(f"/rooms/{open_room.room}/questions", order=order)).json()
            assert len(page["items"]) == count
    for who in strangers:
        await ensure_nothing_there(who, question, open_room)
    async with open_room.db.read() as tx:
        asked = (await open_room.log(f"room:{open_room.room}"))[head:]
        assert await show_room(tx, "all", asked) == [b'{"type":"withheld"}']
        for_hosts = msgspec.json.decode((await show_room(tx, "host", asked))[0])
    assert (for_hosts["question"]["body"], for_hosts["counts"]["pending"]) == ("Secret?", 1)
    mine = await shown(asker, question)
    assert (mine["state"], mine["mine"], mine["reason"]) == ("pending", True, None)


async def ensure_nothing_there(who: Person, question: dict[str, Any], open_room: OpenRoom) -> None:
    assert (await who.get(f"/questions/{question['id']}")).status_code == 404
    assert (await who.get(f"/posts/{question['post']}")).status_code == 404
    if who.token is None:
        return
    assert (await who.get(f"/posts/{question['post']}/revisions")).status_code == 404
    assert (await who.patch(f"/posts/{question['post']}", {"body": "Mine"})).status_code == 404
    assert (await who.delete(f"/posts/{question['post']}")).status_code == 404
    assert (await who.put(f"/posts/{question['post']}/reactions/agree", {})).status_code == 404
    flag = await who.post(f"/posts/{question['post']}/flags", {"reason": "spam"})
    assert flag.status_code == 404
    reply = await who.post(f"/topics/{open_room.topic}/posts", {"body": "So?", "parent": question["post"]})
    assert (reply.status_code, reply.json()["code"]) == (409, "parent_not_here")
    assert (await open_room.vote(who, question)).status_code == 404
    for state in ("answered", "withdrawn"):
        assert (await open_room.change_state(who, question, state)).status_code == 404


async def posts_of(open_room: OpenRoom) -> dict[str, Any]:
    page = (await open_room.visitor.get(f"/topics/{open_room.topic}/posts", order="time")).json()
    return {"posts": {post["id"]: post for post in page["items"]}, "topic": {}, "seq": page["stream"]["seq"]}


@pytest.mark.parametrize("state", ["live", "shortlisted"])
async def test_approving_releases_the_post_as_if_it_had_just_arrived(open_room: OpenRoom, state: str) -> None:
    asker = await open_room.member()
    first, second = (
        await open_room.ask(asker, "First?", anonymous=True),
        await open_room.ask(asker, "Second?"),
    )
    old, before = (
        await posts_of(open_room),
        (await open_room.visitor.get(f"/topics/{open_room.topic}")).json(),
    )

    async with open_room.app.listening(f"room:{open_room.room}") as feed:
        approved = await moved(open_room, second, state)
        event = (await feed.next())["event"]
    await moved(open_room, first, "live")

    assert (event["type"], event["question"]["body"]) == ("question_settled", "Second?")
    assert (approved["number"], approved["state"]) == (2, state)
    now = (await open_room.visitor.get(f"/topics/{open_room.topic}")).json()
    assert (now["posts"], now["last_number"]) == (before["posts"] + 2, before["last_number"] + 2)
    async with open_room.app.listening(f"topic:{open_room.topic}", after=old["seq"]) as feed:
        assert apply_topic(old, feed.joined["missed"]) == await posts_of(open_room)
    reply = await open_room.host.post(
        f"/topics/{open_room.topic}/posts", {"body": "So?", "parent": first["post"]}
    )
    assert reply.status_code == 201
    assert (await open_room.vote(open_room.host, second)).status_code == 200
    assert (await open_room.vote(asker, second)).json()["code"] == "own_question"
    waits = await open_room.change_state(open_room.host, approved, "pending")
    assert waits.json()["code"] == "question_cannot_move"


@pytest.mark.parametrize("anonymous", [False, True])
async def test_editing_before_approval_keeps_the_original_for_its_author_and_moderators(
    open_room: OpenRoom, anonymous: bool
) -> None:
    asker, other, moderator = (
        await open_room.member(),
        await open_room.member(),
        await open_room.member(moderates=open_room.sector_id),
    )
    question = await open_room.ask(asker, "Call me at 555", anonymous=anonymous)
    path = f"/questions/{question['id']}"

    assert (await other.patch(path, {"body": "Mine"})).status_code == 404
    assert (await asker.patch(path, {"body": " \n "})).json()["code"] == "nothing_visible"
    mine = (await asker.patch(path, {"body": "Call me"}, question["version"])).json()
    assert (mine["body"], mine["version"], mine["state"]) == ("Call me", 2, "pending")
    stale = await open_room.host.patch(path, {"body": "Why?"}, question["version"])
    assert (stale.status_code, stale.json()["current"]["body"]) == (409, "Call me")
    assert [step["by"] for step in stale.json()["meanwhile"]] == [None]
    assert (await open_room.change_state(open_room.host, question, "live")).json()["code"] == "question_moved"
    edited = (await open_room.host.patch(path, {"body": "Why?"}, 2)).json()
    assert (await open_room.host.patch(path, {"body": "Why?"}, 2)).json() == edited
    await moved(open_room, edited, "live")

    late = await open_room.host.patch(path, {"body": "Better?"})
    assert (late.status_code, late.json()["code"]) == (409, "question_is_published")
    assert (await asker.patch(path, {"body": "Better?"})).status_code == 409
    for who, texts in (
        (other, ["Why?"]),
        (asker, ["Why?", "Call me", "Call me at 555"]),
        (moderator, ["Why?", "Call me", "Call me at 555"]),
    ):
        revisions = (await who.get(f"/posts/{question['post']}/revisions")).json()["items"]
        assert [one["body"] for one in revisions] == texts
    if anonymous:
        post = (await other.get(f"/posts/{question['post']}")).json()
        assert post["edited_at"].endswith(":00Z")


async def test_a_question_dismissed_before_approval_stays_out_of_sight(open_room: OpenRoom) -> None:
    asker, other = await open_room.member(), await open_room.member()
    question = await open_room.ask(asker, "Rude?", anonymous=True)

    dismissed = await moved(open_room, question, "dismissed", reason="Against the rules")

    seen = await shown(asker, question)
    assert (seen["state"], seen["reason"]) == ("dismissed", "Against the rules")
    await ensure_nothing_there(other, question, open_room)
    assert (await open_room.visitor.get(f"/rooms/{open_room.room}")).json()["counts"]["dismissed"] == 0
    assert (await open_room.host.get(f"/rooms/{open_room.room}")).json()["counts"]["dismissed"] == 1
    async with open_room.db.read() as tx:
        told = await show_room(tx, "all", (await open_room.log(f"room:{open_room.room}"))[-2:])
    assert told == [b'{"type":"withheld"}'] * 2
    again = await moved(open_room, dismissed, "pending")
    assert (again["reason"], again["state"]) == (None, "pending")
    await ensure_nothing_there(other, question, open_room)
    await moved(open_room, again, "live")
    assert (await shown(other, question))["body"] == "Rude?"


async def test_who_asked_takes_back_what_waits_without_a_trace(open_room: OpenRoom) -> None:
    asker = await open_room.member()
    question = await open_room.ask(asker, "Oops?")
    told = await all_that_is_told(open_room, open_room.visitor)

    gone = await open_room.change_state(asker, question, "withdrawn")

    assert (gone.status_code, gone.json()["state"]) == (200, "withdrawn")
    await ensure_nothing_there(await open_room.member(), question, open_room)
    assert told == await all_that_is_told(open_room, open_room.visitor)
    assert (await open_room.host.get(f"/rooms/{open_room.room}")).json()["counts"]["pending"] == 0


async def test_hosts_and_the_panel_need_no_approval(open_room: OpenRoom) -> None:
    panelist, member = await open_room.member(), await open_room.member()
    await raw_sql(open_room.db).execute(
        "INSERT INTO panelists (room_id, member_id) VALUES ($1, $2)", open_room.room, panelist.id
    )

    states = [(await open_room.ask(who))["state"] for who in (open_room.host, panelist, member)]

    assert states == ["live", "live", "pending"]


async def test_a_question_sent_again_waits_once(open_room: OpenRoom) -> None:
    member, path = await open_room.member(), f"/rooms/{open_room.room}/questions"
    question = {"body": "Why?", "anonymous": True}

    first, second = await member.post(path, question, key="k"), await member.post(path, question, key="k")

    assert (first.status_code, first.content) == (201, second.content)
    assert (await open_room.host.get(f"/rooms/{open_room.room}")).json()["counts"]["pending"] == 1


async def test_nothing_kept_of_what_waits_links_it_to_its_asker(open_room: OpenRoom) -> None:
    asker = await open_room.member()
    actor = await the_actor(open_room.db, asker)
    question = await open_room.ask(asker, "Who am I?", anonymous=True)
    await asker.patch(f"/questions/{question['id']}", {"body": "Who?"})
    await moved(open_room, question | {"version": 2}, "dismissed", reason="No")
    await open_room.change_state(asker, question | {"version": 3}, "withdrawn")

    for table in ("posts", "questions", "question_moves", "log", "follow_ups", "answers", "revisions"):
        for row in await raw_sql(open_room.db).fetch(f"SELECT * FROM {table}"):
            assert asker.id not in [row.get(name) for name in ("author_id", "moved_by", "member_id")], table
            assert (actor.handle or "?") not in str(row)
    moves = await raw_sql(open_room.db).fetch(
        "SELECT moved_by, moved_at FROM question_moves ORDER BY version"
    )
    assert [row["moved_by"] for row in moves] == [None, open_room.host.id, None]
    assert {row["moved_at"].second for row in (moves[0], moves[2])} == {0}
    asked = await raw_sql(open_room.db).fetch("SELECT at FROM log WHERE event->>'type' = 'question_asked'")
    assert asked[-1]["at"].second == asked[-1]["at"].microsecond == 0
