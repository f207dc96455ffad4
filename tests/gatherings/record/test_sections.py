"""Sections of records: polls, notices and outcomes, without open, draft, hidden or unpublished ones."""

import pytest_asyncio

from gatherings.events import RoomClosed
from gatherings.polls.polls import on_room_closed
from tests.support.member_service import MembersHouse
from tests.support.moderation.hidden_posts import hide_rows
from tests.support.rooms.live_room import Hall, a_hall
from tests.support.rooms.records import a_notice, a_poll, close, everything, report_of
from tests.support.service import Service, plain


@pytest_asyncio.fixture
async def hall(app: Service) -> Hall:
    hall = await a_hall(app)
    modules = "UPDATE rooms SET modules = '{questions,board,polls}' WHERE id = $1"
    await plain(hall.db).execute(modules, hall.room)
    return hall


async def test_closed_polls_are_told_with_their_results_and_no_others(hall: Hall) -> None:
    await a_poll(hall, "The drafted poll", "draft")
    await a_poll(hall, "The open poll", "open")
    await a_poll(hall, "The closed poll", "closed", answers=3)
    await close(hall)

    for who in (hall.visitor, hall.host, hall.administrator):
        text = await everything(hall, who)
        assert "The drafted poll" not in text
        assert "The open poll" not in text
        (poll,) = (await report_of(hall, who))["polls"]
        assert (poll["title"], poll["ballots"]) == ("The closed poll", 3)
        assert [(line["label"], line["count"]) for line in poll["lines"]] == [("Yes", 0), ("=No", 3)]
        table = (await who.get(f"/rooms/{hall.room}/report.csv")).content.decode()
        assert ",'=No,3," in table


async def test_polls_still_open_are_closed_with_the_room_once_and_reported(hall: Hall) -> None:
    house = MembersHouse(hall.app)
    await house.work()
    poll = await a_poll(hall, "The forgotten poll", "open")
    await a_poll(hall, "The drafted poll", "draft")
    member = await hall.member()
    assert (await member.put(f"/polls/{poll['id']}/ballot", {"answer": 1})).status_code == 200
    await close(hall)
    assert (await report_of(hall, hall.visitor))["polls"] == [], "the worker has not come by yet"

    await house.work()
    async with hall.db.begin() as tx:
        await on_room_closed(tx, RoomClosed(gathering_id=hall.gathering, room_id=hall.room, told="room"))
    closed = (await hall.visitor.get(f"/polls/{poll['id']}")).json()
    assert (closed["state"], closed["version"]) == ("closed", poll["version"] + 1)
    assert closed["results"] == {"ballots": 1, "counts": [0, 1]}
    (told,) = (await report_of(hall, hall.visitor))["polls"]
    assert (told["title"], told["ballots"]) == ("The forgotten poll", 1)
    types = [entry.event["type"] for entry in await hall.log(f"room:{hall.room}")]
    assert types.count("poll_closed") == 1
    states = [one["state"] for one in (await hall.host.get(f"/rooms/{hall.room}/polls")).json()["items"]]
    assert states == ["closed", "draft"]


async def test_a_room_opened_again_keeps_its_polls_open(hall: Hall) -> None:
    poll = await a_poll(hall, "The open poll", "open")
    await close(hall)
    again = await hall.host.put(f"/rooms/{hall.room}/state", {"state": "open"})
    assert again.status_code == 200, again.text

    await MembersHouse(hall.app).work()
    assert (await hall.visitor.get(f"/polls/{poll['id']}")).json()["state"] == "open"


async def test_ballots_split_by_group_have_no_small_cells(hall: Hall) -> None:
    await a_poll(hall, "The split poll", "closed", answers=3, by_group=True)
    await close(hall)

    for who in (hall.visitor, hall.host):
        (poll,) = (await report_of(hall, who))["polls"]
        cells = [count for counts in (poll["groups"] or {}).values() for count in counts]
        assert not any(count and count < 5 for count in cells)


async def test_notices_are_told_as_their_board_tells_them(hall: Hall) -> None:
    member = await hall.member()
    notice = await a_notice(hall, member, "Scrap wanted")
    gone = await a_notice(hall, member, "The hidden notice")
    over = await a_notice(hall, member, "The expired notice")
    await hide_rows(hall.db, gone["post"])
    await plain(hall.db).execute(
        "UPDATE notices SET expires_at = now() - interval '1 day' WHERE id = $1", over["id"]
    )
    await close(hall)

    (told,) = (await report_of(hall, hall.visitor))["notices"]
    assert (told["id"], told["title"], told["author"]["id"]) == (notice["id"], "Scrap wanted", member.id)
    for who in (hall.visitor, hall.host, member):
        assert "The hidden notice" not in await everything(hall, who)
        assert ("The expired notice" in await everything(hall, who)) is (who is hall.host)
    assert (await report_of(hall, hall.visitor))["totals"]["notices"] == 1


async def test_what_the_hosts_chose_is_told_where_the_room_publishes_it(hall: Hall) -> None:
    question = await hall.ask(await hall.member(), "The dismissed question")
    dismissed = {"state": "dismissed", "version": question["version"], "reason": "Asked before."}
    answer = await hall.host.put(f"/questions/{question['id']}/state", dismissed)
    assert answer.status_code == 200, answer.text
    await close(hall)
    assert (await report_of(hall, hall.visitor))["choices"] == []
    assert "Asked before." not in await everything(hall, hall.visitor)
    assert "Asked before." in await everything(hall, hall.host)

    await plain(hall.db).execute("UPDATE rooms SET publishes_choices = true WHERE id = $1", hall.room)

    (choice,) = (await report_of(hall, hall.visitor))["choices"]
    assert (choice["question"], choice["state"]) == (question["id"], "dismissed")
    assert choice["reason"] == "Asked before."
    assert "by" not in choice
    assert choice["body"] == "The dismissed question"
    await hide_rows(hall.db, question["post"])
    for who in (hall.visitor, hall.host):
        assert "The dismissed question" not in await everything(hall, who)
