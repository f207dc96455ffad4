"""Sections of records: polls, notices and outcomes, without open, draft, hidden or unpublished ones."""

import pytest_asyncio

from gatherings.events import RoomClosed
from gatherings.polls.polls import on_room_closed
from tests.support.member_service import MemberService
from tests.support.moderation.hidden_posts import hide_rows
from tests.support.rooms.open_room import OpenRoom, make_open_room
from tests.support.rooms.records import a_notice, a_poll, close, everything, report_of
from tests.support.service import Service, raw_sql


@pytest_asyncio.fixture
async def open_room(app: Service) -> OpenRoom:
    open_room = await make_open_room(app)
    modules = "UPDATE rooms SET modules = '{questions,board,polls}' WHERE id = $1"
    await raw_sql(open_room.db).execute(modules, open_room.room)
    return open_room


async def test_closed_polls_are_told_with_their_results_and_no_others(open_room: OpenRoom) -> None:
    await a_poll(open_room, "The drafted poll", "draft")
    await a_poll(open_room, "The open poll", "open")
    await a_poll(open_room, "The closed poll", "closed", answers=3)
    await close(open_room)

    for who in (open_room.visitor, open_room.host, open_room.administrator):
        text = await everything(open_room, who)
        assert "The drafted poll" not in text
        assert "The open poll" not in text
        (poll,) = (await report_of(open_room, who))["polls"]
        assert (poll["title"], poll["ballots"]) == ("The closed poll", 3)
        assert [(line["label"], line["count"]) for line in poll["lines"]] == [("Yes", 0), ("=No", 3)]
        table = (await who.get(f"/rooms/{open_room.room}/report.csv")).content.decode()
        assert ",'=No,3," in table


async def test_polls_still_open_are_closed_with_the_room_once_and_reported(open_room: OpenRoom) -> None:
    member_service = MemberService(open_room.app)
    await member_service.work()
    poll = await a_poll(open_room, "The forgotten poll", "open")
    await a_poll(open_room, "The drafted poll", "draft")
    member = await open_room.member()
    assert (await member.put(f"/polls/{poll['id']}/ballot", {"answer": 1})).status_code == 200
    await close(open_room)
    assert (await report_of(open_room, open_room.visitor))["polls"] == [], "the worker has not come by yet"

    await member_service.work()
    async with open_room.db.begin() as tx:
        await on_room_closed(
            tx, RoomClosed(gathering_id=open_room.gathering, room_id=open_room.room, told="room")
        )
    closed = (await open_room.visitor.get(f"/polls/{poll['id']}")).json()
    assert (closed["state"], closed["version"]) == ("closed", poll["version"] + 1)
    assert closed["results"] == {"ballots": 1, "counts": [0, 1]}
    (told,) = (await report_of(open_room, open_room.visitor))["polls"]
    assert (told["title"], told["ballots"]) == ("The forgotten poll", 1)
    types = [entry.event["type"] for entry in await open_room.log(f"room:{open_room.room}")]
    assert types.count("poll_closed") == 1
    states = [
        one["state"] for one in (await open_room.host.get(f"/rooms/{open_room.room}/polls")).json()["items"]
    ]
    assert states == ["closed", "draft"]


async def test_a_room_opened_again_keeps_its_polls_open(open_room: OpenRoom) -> None:
    poll = await a_poll(open_room, "The open poll", "open")
    await close(open_room)
    again = await open_room.host.put(f"/rooms/{open_room.room}/state", {"state": "open"})
    assert again.status_code == 200, again.text

    await MemberService(open_room.app).work()
    assert (await open_room.visitor.get(f"/polls/{poll['id']}")).json()["state"] == "open"


async def test_ballots_split_by_group_have_no_small_cells(open_room: OpenRoom) -> None:
    await a_poll(open_room, "The split poll", "closed", answers=3, by_group=True)
    await close(open_room)

    for who in (open_room.visitor, open_room.host):
        (poll,) = (await report_of(open_room, who))["polls"]
        cells = [count for counts in (poll["groups"] or {}).values() for count in counts]
        assert not any(count and count < 5 for count in cells)


async def test_notices_are_told_as_their_board_tells_them(open_room: OpenRoom) -> None:
    member = await open_room.member()
    notice = await a_notice(open_room, member, "Scrap wanted")
    gone = await a_notice(open_room, member, "The hidden notice")
    over = await a_notice(open_room, member, "The expired notice")
    await hide_rows(open_room.db, gone["post"])
    await raw_sql(open_room.db).execute(
        "UPDATE notices SET expires_at = now() - interval '1 day' WHERE id = $1", over["id"]
    )
    await close(open_room)

    (told,) = (await report_of(open_room, open_room.visitor))["notices"]
    assert (told["id"], told["title"], told["author"]["id"]) == (notice["id"], "Scrap wanted", member.id)
    for who in (open_room.visitor, open_room.host, member):
        assert "The hidden notice" not in await everything(open_room, who)
        assert ("The expired notice" in await everything(open_room, who)) is (who is open_room.host)
    assert (await report_of(open_room, open_room.visitor))["totals"]["notices"] == 1


async def test_what_the_hosts_chose_is_told_where_the_room_publishes_it(open_room: OpenRoom) -> None:
    question = await open_room.ask(await open_room.member(), "The dismissed question")
    dismissed = {"state": "dismissed", "version": question["version"], "reason": "Asked before."}
    answer = await open_room.host.put(f"/questions/{question['id']}/state", dismissed)
    assert answer.status_code == 200, answer.text
    await close(open_room)
    assert (await report_of(open_room, open_room.visitor))["choices"] == []
    assert "Asked before." not in await everything(open_room, open_room.visitor)
    assert "Asked before." in await everything(open_room, open_room.host)

    await raw_sql(open_room.db).execute(
        "UPDATE rooms SET publishes_choices = true WHERE id = $1", open_room.room
    )

    (choice,) = (await report_of(open_room, open_room.visitor))["choices"]
    assert (choice["question"], choice["state"]) == (question["id"], "dismissed")
    assert choice["reason"] == "Asked before."
    assert "by" not in choice
    assert choice["body"] == "The dismissed question"
    await hide_rows(open_room.db, question["post"])
    for who in (open_room.visitor, open_room.host):
        assert "The dismissed question" not in await everything(open_room, who)
