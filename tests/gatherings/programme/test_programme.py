"""The programme: planning, changing and cancelling sessions, who can see them, and their calendars."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from icalendar import Calendar, Event
from msgspec import Struct

from tests.support.people import Person, a_person
from tests.support.requests import GOOD
from tests.support.service import Service

TIMES = {"starts_at": "2027-01-10T14:00:00Z", "ends_at": "2027-01-10T15:00:00Z", "time_zone": "Europe/Vienna"}
NEXT = {"starts_at": "2027-01-10T15:00:00Z", "ends_at": "2027-01-10T16:00:00Z"}
HOSTILE = 'Salt; "tin", gold\\n & \\ END:VEVENT'
HOSTILE_TEXT = "one\r\nEND:VEVENT\nBEGIN:VEVENT\nUID:evil\n\tand; so, on " + "ü" * 200


class Days(Struct):
    """A gathering with a room, its host and other people."""

    gathering: int
    room: int
    root: Person
    host: Person
    member: Person

    async def plan(self, title: str = "Opening", **more: Any) -> httpx2.Response:
        """What comes of planning a session."""
        return await self.host.post(
            f"/gatherings/{self.gathering}/sessions", {"title": title, "room": self.room, **TIMES, **more}
        )

    async def change(self, session: dict[str, Any], **what: Any) -> httpx2.Response:
        """What comes of changing a session as it was read."""
        headers = {"If-Match": f'"{session["version"]}"'}
        return await self.host.patch(f"/programme/{session['id']}", what, headers=headers)


@pytest_asyncio.fixture
async def days(app: Service) -> AsyncIterator[Days]:
    root = await a_person(app, "Root", duties=[("administrator", None)])
    gathering = (await root.post("/gatherings", GOOD["announce_gathering"])).json()["id"]
    host = await a_person(app, "Hosea", duties=[("host", gathering)])
    room = (await host.post(f"/gatherings/{gathering}/rooms", {"title": "Main room"})).json()["id"]
    yield Days(gathering, room, root, host, await a_person(app, "Mia"))


async def test_hosts_plan_and_everyone_reads(days: Days, client: httpx2.AsyncClient) -> None:
    speakers = [{"name": " Amina ", "organisation": "A mill", "handle": days.member.handle}, {"name": "Bo"}]
    planned = await days.plan(speakers=speakers, language="pt-BR", about="What we do.")
    assert planned.status_code == 201, planned.text
    session = planned.json()
    assert session["speakers"] == [speakers[0] | {"name": "Amina"}, {"name": "Bo"}]
    assert (session["state"], session["version"], session["room"]) == ("planned", 1, days.room)
    earlier = (await days.plan("Breakfast", room=None, starts_at="2027-01-10T08:00:00+01:00")).json()
    read = (await client.get(f"/api/v1/gatherings/{days.gathering}")).json()
    assert read["sessions"] == [earlier, session]
    listed = (await client.get(f"/api/v1/gatherings/{days.gathering}/sessions")).json()
    assert listed["items"] == [earlier, session]
    assert (await client.get(f"/api/v1/programme/{session['id']}")).json() == session


async def test_a_session_is_refused_where_it_is_wrong(days: Days) -> None:
    other = (await days.root.post("/gatherings", GOOD["announce_gathering"])).json()["id"]
    elsewhere = (await days.root.post(f"/gatherings/{other}/rooms", {"title": "Elsewhere"})).json()["id"]
    for wrong, code in (
        ({"title": "  a "}, "wrong_length"),
        ({"ends_at": TIMES["starts_at"]}, "ends_before_start"),
        ({"time_zone": "Mars/Olympus"}, "unknown_time_zone"),
        ({"room": elsewhere}, "room_elsewhere"),
        ({"room": 10**9}, "room_elsewhere"),
        ({"speakers": [{"name": "A", "handle": "nobody-at-all"}]}, "unknown_speaker"),
    ):
        refused = await days.plan(**wrong)
        assert (refused.status_code, refused.json()["code"]) == (422, code), wrong
    for wrong in ({"language": "klingon!"}, {"speakers": [{"name": ""}]}, {"speakers": [{"name": "a\nb"}]}):
        assert (await days.plan(**wrong)).status_code == 422, wrong
    stranger = await days.member.post(f"/gatherings/{days.gathering}/sessions", {"title": "Mine", **TIMES})
    assert (stranger.status_code, stranger.json()["code"]) == (403, "not_host")
    await days.host.patch(f"/gatherings/{days.gathering}", {"state": "cancelled"})
    assert (await days.plan()).json()["code"] == "gathering_cancelled"


async def test_one_room_holds_one_session_at_a_time(days: Days) -> None:
    first = (await days.plan()).json()
    taken = await days.plan("At once", starts_at="2027-01-10T14:59:00Z", ends_at="2027-01-10T17:00:00Z")
    assert (taken.status_code, taken.json()["code"]) == (409, "room_taken")
    after = (await days.plan("After", **NEXT)).json()
    assert (await days.plan("Beside", room=None)).status_code == 201
    assert (await days.change(after, starts_at="2027-01-10T14:30:00Z")).json()["code"] == "room_taken"
    longer = await days.change(first, starts_at="2027-01-10T13:00:00Z")
    assert longer.status_code == 200

    off = await days.change(longer.json(), state="cancelled")
    assert (off.json()["state"], off.json()["version"]) == ("cancelled", 3)
    instead = await days.plan("Instead")
    assert instead.status_code == 201
    again = await days.change(off.json(), state="planned")
    assert (again.status_code, again.json()["code"]) == (409, "room_taken")


async def test_a_change_names_the_version_it_changes(app: Service, days: Days) -> None:
    session = (await days.plan()).json()
    start = (await days.member.get(f"/gatherings/{days.gathering}")).json()["stream"]
    async with app.listening(start["channel"], days.member.token, after=start["seq"]) as feed:
        changed = await days.change(session, title="Opening words")
        told = (await feed.next())["event"]
        assert (told["type"], told["session"]) == ("session_changed", changed.json())
        planned = (await days.plan("After", **NEXT)).json()
        told = (await feed.next())["event"]
        assert (told["type"], told["session"]) == ("session_planned", planned)
    stale = await days.change(session, title="Too late")
    assert stale.status_code == 412 and stale.json()["current"] == changed.json()
    same = await days.change(changed.json(), title="Opening words")
    assert same.json() == changed.json()
    mine = await days.member.patch(f"/programme/{session['id']}", {"title": "Mine"})
    assert (mine.status_code, mine.json()["code"]) == (403, "not_host")
    assert (await days.host.patch("/programme/999999999", {"title": "None"})).status_code == 404


async def test_what_is_in_a_closed_room_is_on_the_programme_of_those_who_enter_it(
    app: Service, days: Days, client: httpx2.AsyncClient
) -> None:
    session = (await days.plan("Inner circle")).json()
    await days.host.patch(f"/rooms/{days.room}", {"rules": {"entry": "invited"}})
    await days.host.put(f"/rooms/{days.room}/guests/{days.member.handle}")
    await days.change(session, about="Nobody's business")
    other = await a_person(app, "Other")
    for viewer, knows in (
        (client, False),
        (other.client, False),
        (days.member.client, True),
        (days.host.client, True),
    ):
        for path in (f"/gatherings/{days.gathering}", f"/gatherings/{days.gathering}/sessions"):
            assert ("Inner circle" in (await viewer.get(f"/api/v1{path}")).text) == knows, path
        status = (await viewer.get(f"/api/v1/programme/{session['id']}")).status_code
        assert status == (200 if knows else 404)
        page = await viewer.get(f"/g/{days.gathering}", headers={"Accept": "text/html"})
        assert ("Inner circle" in page.text) == knows
        calendar = await viewer.get(f"/feeds/gatherings/{days.gathering}.ics")
        assert "Inner circle" not in calendar.text
    refused = await other.patch(f"/programme/{session['id']}", {"title": "Mine"})
    assert refused.status_code == 404
    for person, knows in ((other, False), (days.host, True)):
        async with app.listening(f"gathering:{days.gathering}", person.token, after=0) as feed:
            assert ("Inner circle" in str(feed.joined)) == knows


async def read(client: httpx2.AsyncClient, path: str) -> dict[str, Event]:
    answer = await client.get(path)
    assert answer.status_code == 200, path
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert all(len(line.encode()) <= 75 for line in answer.text.split("\r\n"))
    found = Calendar.from_ical(answer.content)
    assert found.errors == []
    events = {str(event["UID"]).partition("@")[0]: event for event in found.walk("VEVENT")}
    zones = {str(zone["TZID"]) for zone in found.walk("VTIMEZONE")}
    for event in events.values():
        for name in ("DTSTART", "DTEND"):
            assert event[name].params["TZID"] in zones
        for name in ("UID", "DTSTAMP", "LAST-MODIFIED", "SEQUENCE", "STATUS", "URL", "SUMMARY"):
            assert name in event
    return events


async def test_calendars_say_what_the_programme_says(days: Days, client: httpx2.AsyncClient) -> None:
    path = f"/feeds/gatherings/{days.gathering}.ics"
    session = (await days.plan(speakers=[{"name": "Bo", "organisation": "A mill"}])).json()
    uid = f"session-{session['id']}"
    events = await read(client, path)
    assert list(events) == [f"gathering-{days.gathering}", uid]
    event = events[uid]
    assert (event["SEQUENCE"], str(event["STATUS"]), str(event["SUMMARY"])) == (0, "CONFIRMED", "Opening")
    assert event.decoded("DTSTART") == datetime.fromisoformat(TIMES["starts_at"])
    assert event.decoded("DTSTART").utcoffset() == timedelta(hours=1)
    assert event.decoded("DTEND") == datetime.fromisoformat(TIMES["ends_at"])
    assert "Bo (A mill)" in event["DESCRIPTION"] and str(event["LOCATION"]) == "Main room, Vienna"
    assert str(event["URL"]).endswith(f"/g/{days.gathering}#{uid}")

    await days.change(session, state="cancelled")
    after = (await read(client, path))[uid]
    assert (after["UID"], after["SEQUENCE"], str(after["STATUS"])) == (event["UID"], 1, "CANCELLED")
    assert after.decoded("LAST-MODIFIED") >= event.decoded("LAST-MODIFIED")

    sector = await read(client, "/feeds/sectors/mobility.ics")
    assert str(sector[f"gathering-{days.gathering}"]["SUMMARY"]) == "Cobalt in practice"
    await days.host.patch(f"/gatherings/{days.gathering}", {"state": "cancelled", "title": "Called off"})
    for where in (path, "/feeds/sectors/mobility.ics"):
        event = (await read(client, where))[f"gathering-{days.gathering}"]
        assert (event["SEQUENCE"], str(event["STATUS"]), str(event["SUMMARY"])) == (
            1,
            "CANCELLED",
            "Called off",
        )


async def test_what_is_typed_cannot_break_a_calendar(days: Days, client: httpx2.AsyncClient) -> None:
    await days.host.patch(
        f"/gatherings/{days.gathering}", {"title": HOSTILE, "about": HOSTILE_TEXT, "place": HOSTILE}
    )
    session = (await days.plan(HOSTILE, about=HOSTILE_TEXT, speakers=[{"name": HOSTILE}])).json()
    for where in (f"/feeds/gatherings/{days.gathering}.ics", "/feeds/sectors/mobility.ics"):
        events = await read(client, where)
        assert not any("evil" in uid for uid in events)
        assert str(events[f"gathering-{days.gathering}"]["SUMMARY"]) == HOSTILE
    found = (await read(client, f"/feeds/gatherings/{days.gathering}.ics"))[f"session-{session['id']}"]
    assert str(found["SUMMARY"]) == HOSTILE
    assert HOSTILE_TEXT.replace("\r\n", "\n").strip() in str(found["DESCRIPTION"]).replace("\r\n", "\n")


async def test_a_calendar_that_is_the_same_is_not_sent_again(days: Days, app: Service) -> None:
    session, tags = (await days.plan()).json(), {}
    paths = (f"/feeds/gatherings/{days.gathering}.ics", "/feeds/sectors/mobility.ics")
    # A calendar has the address of the service in it, which each process of these tests has for itself.
    async with httpx2.AsyncClient(base_url=app.urls[0], trust_env=False) as client:
        for path in paths:
            tags[path] = (await client.get(path)).headers["etag"]
            same = await client.get(path, headers={"If-None-Match": tags[path]})
            assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tags[path])
        await days.change(session, title="Otherwise")
        # A sector's calendar tells of gatherings, not of their sessions.
        later = [await client.get(path, headers={"If-None-Match": tags[path]}) for path in paths]
        assert [answer.status_code for answer in later] == [200, 304]


@pytest.mark.parametrize(
    "path",
    ["gatherings/999999.ics", "gatherings/x.ics", "gatherings/1", "gatherings/.ics", "sectors/none.ics",
     "sectors/mobility.txt", f"gatherings/{'9' * 40}.ics", f"gatherings/{2**63}.ics",
     "sectors/%00.ics", "gatherings/-1.ics"],
)  # fmt: skip
async def test_calendars_that_are_not_there(client: httpx2.AsyncClient, path: str) -> None:
    assert (await client.get(f"/feeds/{path}")).status_code == 404
