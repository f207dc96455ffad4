"""Gatherings: who announces and changes them, how they are listed, and the events of their channel."""

from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest

from core import clock
from core.actor import VISITOR, Actor, NotVerified
from core.errors import SignInFirst
from core.ids import GatheringId, MemberId
from gatherings import gatherings, snapshot
from gatherings.channels import join_gathering, show_gathering
from gatherings.policy import (
    EndsBeforeStart,
    NotAdministrator,
    NotHost,
    TimeOutOfRange,
    UnknownTimeZone,
    ensure_can_announce,
    ensure_hosts,
    ensure_time_zone,
    ensure_times,
)
from tests.support.rooms.open_room import OpenRoom, a_webinar, statements_of

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def a_member(**facts: object) -> Actor:
    return Actor(**{"id": MemberId(1), "is_verified": True, **facts})  # type: ignore[arg-type]


def test_only_administrators_announce() -> None:
    with pytest.raises(SignInFirst):
        ensure_can_announce(VISITOR, NOON)
    with pytest.raises(NotAdministrator):
        ensure_can_announce(a_member(hosts=frozenset({GatheringId(7)})), NOON)
    with pytest.raises(NotVerified):
        ensure_can_announce(a_member(is_verified=False, is_administrator=True), NOON)

    ensure_can_announce(a_member(is_administrator=True), NOON)


def test_hosts_are_hosts_of_their_own_gathering() -> None:
    host = a_member(hosts=frozenset({GatheringId(7)}))

    with pytest.raises(NotHost):
        ensure_hosts(host, GatheringId(8), NOON)

    ensure_hosts(host, GatheringId(7), NOON)
    ensure_hosts(a_member(is_administrator=True), GatheringId(8), NOON)


def test_a_gathering_ends_after_it_begins() -> None:
    with pytest.raises(EndsBeforeStart):
        ensure_times(NOON, NOON)

    ensure_times(NOON, NOON + timedelta(seconds=1))


@pytest.mark.parametrize("year", [1, 1999, 2201, 9998])
def test_times_are_such_that_a_calendar_can_show_them(year: int) -> None:
    moment = datetime(year, 1, 1, tzinfo=timezone(timedelta(hours=14)))

    with pytest.raises(TimeOutOfRange):
        ensure_times(moment, moment + HOUR)


@pytest.mark.parametrize("name", ["Mars/Olympus", "../../etc/passwd", "Europe", "europe/vienna"])
def test_time_zones_are_known_by_name(name: str) -> None:
    with pytest.raises(UnknownTimeZone):
        ensure_time_zone(name)

    ensure_time_zone("Europe/Vienna")


async def test_announcing_is_for_administrators_alone(open_room: OpenRoom) -> None:
    webinar = a_webinar(NOON)
    member = await open_room.member()

    assert (await open_room.visitor.post("/gatherings", webinar)).status_code == 401
    assert (await member.post("/gatherings", webinar)).json()["code"] == "not_administrator"
    assert (await open_room.host.post("/gatherings", webinar)).status_code == 403
    made = await open_room.administrator.post("/gatherings", webinar)

    assert made.status_code == 201
    shown = (await open_room.visitor.get(f"/gatherings/{made.json()['id']}")).json()
    assert shown == made.json()
    assert shown["starts_at"] == "2026-05-04T12:00:00Z"
    assert shown["time_zone"] == "Europe/Vienna"
    assert shown["stream"]["channel"] == f"gathering:{shown['id']}"


async def test_an_announcement_sent_twice_is_announced_once(open_room: OpenRoom) -> None:
    webinar = a_webinar(NOON)

    first = await open_room.administrator.post("/gatherings", webinar, key="once")
    second = await open_room.administrator.post("/gatherings", webinar, key="once")

    assert first.json() == second.json()
    past = (await open_room.visitor.get("/gatherings", when="past")).json()["items"]
    assert [gathering["id"] for gathering in past] == [first.json()["id"]]


@pytest.mark.parametrize(
    ("facts", "status", "field"),
    [
        ({"title": "  a  "}, 422, "title"),
        ({"title": "bidi \u202e"}, 422, "title"),
        ({"kind": "party"}, 422, "kind"),
        ({"mode": "astral"}, 422, "mode"),
        ({"time_zone": "Mars/Olympus"}, 422, "time_zone"),
        ({"time_zone": "../etc"}, 422, "time_zone"),
        ({"ends_at": "2020-01-01T00:00:00Z"}, 422, "ends_at"),
        ({"starts_at": "2026-01-01T00:00:00"}, 422, "starts_at"),
        ({"starts_at": "0001-01-01T00:00:00+14:00"}, 422, "starts_at"),
        ({"starts_at": "9999-12-31T23:59:59-14:00"}, 422, "starts_at"),
        ({"starts_at": 5}, 422, "starts_at"),
        ({"about": "x" * 5001}, 422, "about"),
        ({"about": "nul \x00"}, 422, "about"),
        ({"state": "cancelled"}, 422, "state"),
        ({"sector": "no-such"}, 404, None),
    ],
)
async def test_what_cannot_be_announced(
    open_room: OpenRoom, facts: dict[str, object], status: int, field: str | None
) -> None:
    answer = await open_room.administrator.post("/gatherings", a_webinar(NOON, **facts))

    assert answer.status_code == status, answer.text
    if field and "unknown field" not in answer.json()["detail"]:
        assert answer.json()["field"].removeprefix("data.") == field
    assert (await open_room.visitor.get("/gatherings", when="past")).json()["items"] == []


async def test_lists_show_what_comes_first_and_what_was_last(open_room: OpenRoom) -> None:
    for hours in (3, 1, 2):
        starts_at = NOON + hours * HOUR
        await open_room.administrator.post("/gatherings", a_webinar(starts_at, title=f"after {hours}"))

    with clock.stop_at(NOON + 2 * HOUR + HOUR / 2):
        upcoming = (await open_room.visitor.get("/gatherings")).json()["items"]
        past = (await open_room.visitor.get("/gatherings", when="past")).json()["items"]

    assert [gathering["title"] for gathering in upcoming] == ["after 2", "after 3", "A webinar"]
    assert [gathering["title"] for gathering in past] == ["after 1"]
    assert (await open_room.visitor.get("/gatherings", when="past", sector="elsewhere")).json()["items"] == []


@pytest.mark.parametrize("when", ["upcoming", "past"])
async def test_pages_hold_every_gathering_once(open_room: OpenRoom, when: str) -> None:
    for number in range(5):
        webinar = a_webinar(NOON + (number % 2) * HOUR, title=f"number {number}")
        await open_room.administrator.post("/gatherings", webinar)
    found: list[str] = []
    after: str | None = None

    with clock.stop_at(NOON if when == "upcoming" else NOON + 9 * HOUR):
        async with open_room.db.read() as tx:
            while True:
                page = await gatherings.read_gatherings(tx, when, after=after, count=2)  # type: ignore[arg-type]
                found += [gathering.title for gathering in page.items if gathering.title != "A webinar"]
                after = page.next
                if after is None:
                    break

    order = ["number 0", "number 2", "number 4", "number 1", "number 3"]
    assert found == (order if when == "upcoming" else order[::-1])


@pytest.mark.parametrize(
    "cursor", ["x", "WzFd", "W251bGwsMV0", "WzFlOTksMV0", "WyIyMDI2IiwxXQ", "Wzk5OTk5OTk5OTk5OTk5OTk5OSwxXQ"]
)
async def test_cursors_made_up_are_refused(open_room: OpenRoom, cursor: str) -> None:
    answer = await open_room.visitor.get("/gatherings", after=cursor)

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_cursor")


async def test_reading_takes_few_statements(open_room: OpenRoom) -> None:
    async with open_room.db.read() as tx:
        async with statements_of(tx) as sent:
            await gatherings.read_gatherings(tx)
        assert len(sent) == 1
        async with statements_of(tx) as sent:
            await snapshot.show_gathering(tx, VISITOR, GatheringId(open_room.gathering), "")
        assert len(sent) == 4


async def test_changes_are_for_hosts_and_carry_a_version(open_room: OpenRoom) -> None:
    path = f"/gatherings/{open_room.gathering}"
    other = (await open_room.administrator.post("/gatherings", a_webinar(NOON))).json()["id"]
    stranger = await open_room.member(hosts=other)

    assert (await open_room.visitor.patch(path, {"title": "Mine now"})).status_code == 401
    assert (await stranger.patch(path, {"title": "Mine now"})).json()["code"] == "not_host"
    assert (await open_room.host.patch("/gatherings/999999", {"title": "Mine now"})).status_code == 404
    changed = await open_room.host.patch(path, {"title": "Another title", "place": "Vienna"}, version=1)
    stale = await open_room.host.patch(path, {"title": "A third"}, version=1)

    assert changed.status_code == 200
    assert (changed.json()["title"], changed.json()["version"]) == ("Another title", 2)
    assert stale.status_code == 412
    assert stale.json()["current"]["title"] == "Another title"
    assert (await open_room.host.patch(path, {"ends_at": "2001-01-01T00:00:00Z"})).status_code == 422
    assert (await open_room.host.patch(path, {"sector": "x"})).status_code == 422


async def test_a_change_that_changes_nothing_is_no_event(open_room: OpenRoom) -> None:
    before = (await open_room.visitor.get(f"/gatherings/{open_room.gathering}")).json()

    after = (
        await open_room.host.patch(f"/gatherings/{open_room.gathering}", {"title": before["title"]})
    ).json()

    assert after == before


async def test_cancelling_leaves_the_gathering_where_it_was(open_room: OpenRoom) -> None:
    path = f"/gatherings/{open_room.gathering}"

    await open_room.host.patch(path, {"state": "cancelled"})

    assert (await open_room.visitor.get(path)).json()["state"] == "cancelled"
    refused = await open_room.host.post(f"{path}/rooms", {"title": "Too late"})
    assert refused.json()["code"] == "gathering_cancelled"
    await open_room.host.put(f"/rooms/{open_room.room}/state", {"state": "closed"})
    refused = await open_room.host.put(f"/rooms/{open_room.room}/state", {"state": "open"})
    assert (refused.status_code, refused.json()["code"]) == (409, "gathering_cancelled")


async def test_the_gatherings_channel_brings_an_old_page_up_to_date(open_room: OpenRoom) -> None:
    path = f"/gatherings/{open_room.gathering}"
    old = (await open_room.visitor.get(path)).json()

    await open_room.host.patch(path, {"title": "Another title"})
    await open_room.host.post(f"{path}/rooms", {"title": "Second room"})
    await open_room.host.put(f"/rooms/{open_room.room}/state", {"state": "closed"})

    fresh = (await open_room.visitor.get(path)).json()
    async with open_room.db.read() as tx:
        assert await join_gathering(tx, VISITOR, open_room.gathering) == "all"
        entries = await open_room.log(f"gathering:{open_room.gathering}", old["stream"]["seq"])
        shown = [_decoded(told) for told in await show_gathering(tx, "all", entries)]
    assert [event["type"] for event in shown] == ["gathering_changed", "room_planned", "room_closed"]
    page, found = dict(old), {room["id"]: room for room in old["rooms"]}
    for event in shown:
        if "gathering" in event:
            page |= event["gathering"]
        else:
            found[event["room"]["id"]] = found.get(event["room"]["id"], {}) | event["room"]
    assert {**page, "rooms": list(found.values()), "stream": None} == {**fresh, "stream": None}


def _decoded(told: bytes) -> dict[str, dict[str, object]]:
    return msgspec.json.decode(told)  # type: ignore[no-any-return]
