"""Access to rooms: a private room is invisible to others at every address, and lost access takes effect immediately."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from time import monotonic
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from msgspec import Struct

from core import clock
from moderation.policy import UNDO_WINDOW
from tests.support.people import Person, a_person
from tests.support.requests import GOOD
from tests.support.service import Service
from tests.support.streams import hears

SECRET = "Zwetschkenknoedel"
BODY = "steering-committee"
# By kind of entry: the people who can enter the room.
ENTERS = {
    "members": {"stranger", "guest", "seated", "host", "moderator", "administrator"},
    "invited": {"guest", "host", "moderator", "administrator"},
    "body": {"guest", "seated", "host", "moderator", "administrator"},
}


class Club(Struct):
    """A gathering with a room whose title is secret, and a person of every kind."""

    app: Service
    gathering: int
    room: int
    topic: int
    question: int
    post: int
    people: Mapping[str, Person | None]

    def person(self, name: str) -> Person:
        """Return a member by name."""
        person = self.people[name]
        assert person is not None
        return person

    def client(self, name: str) -> httpx2.AsyncClient:
        """Return the HTTP client of a person."""
        person = self.people[name]
        return person.client if person else self.app.client()

    async def limit(self, entry: str) -> None:
        """Limit the entry to the room."""
        rules = {"entry": entry, "body": BODY if entry == "body" else None}
        changed = await self.person("host").patch(f"/rooms/{self.room}", {"rules": rules})
        assert changed.status_code == 200, changed.text
        assert changed.json()["rules"]["entry"] == entry


@pytest_asyncio.fixture
async def club(app: Service) -> AsyncIterator[Club]:
    root = await a_person(app, "Root", duties=[("administrator", None)])
    gathering = (await root.post("/gatherings", GOOD["announce_gathering"])).json()["id"]
    people = {
        "visitor": None,
        "stranger": await a_person(app, "Stan"),
        "guest": await a_person(app, "Gus"),
        "seated": await a_person(app, "Sita"),
        "host": await a_person(app, "Hosea", duties=[("host", gathering)]),
        "moderator": await a_person(app, "Mod", duties=[("moderator", "mobility")]),
        "administrator": root,
    }
    planned = await root.post(
        f"/gatherings/{gathering}/rooms", {"title": SECRET, "body": SECRET, "modules": ["questions", "board"]}
    )
    room = planned.json()
    await root.put(f"/rooms/{room['id']}/state", {"state": "open"})
    asked = (await people["host"].post(f"/rooms/{room['id']}/questions", {"body": SECRET})).json()  # type: ignore[union-attr]
    yield Club(app, gathering, room["id"], room["topic"], asked["id"], asked["post"], people)


async def let_in(club: Club) -> None:
    root, host = club.person("administrator"), club.person("host")
    guest, seated = club.person("guest"), club.person("seated")
    assert (await host.put(f"/rooms/{club.room}/guests/{guest.handle}")).status_code == 204
    assert (await root.put(f"/bodies/{BODY}/members/{seated.handle}")).status_code == 204


def private_addresses(club: Club) -> dict[str, str]:
    """Return the addresses that exist only for people with access."""
    api, topic = "/api/v1", club.topic
    return {
        **{f"{api}/rooms/{club.room}{rest}": "404" for rest in ("", "/questions", "/columns", "/notices")},
        **{f"{api}/topics/{topic}{rest}": "404" for rest in ("", "/posts", "/posts?order=time")},
        f"{api}/posts/{club.post}": "404",
        f"/r/{club.room}": "404",
        f"/t/{topic}/x": "404",
        f"/t/{topic}/x?order=time": "404",
        f"/p/{club.post}": "404",
    }


def public_lists(club: Club) -> tuple[str, ...]:
    """Return the public addresses that name the room to people with access."""
    api = "/api/v1"
    return (
        "/",
        "/s/mobility",
        f"/g/{club.gathering}",
        f"{api}/gatherings/{club.gathering}",
        f"{api}/gatherings/{club.gathering}/rooms",
        f"{api}/sectors/mobility/topics",
    )


@pytest.mark.parametrize("entry", ENTERS)
async def test_a_private_room_is_invisible_to_others(club: Club, entry: str) -> None:
    await let_in(club)
    await club.limit(entry)

    for name in club.people:
        client, enters = club.client(name), name in ENTERS[entry]
        for path in private_addresses(club):
            answer = await client.get(path, headers={"Accept": "text/html"}, follow_redirects=True)
            if not enters:
                assert answer.status_code == 404, (name, path)
                assert SECRET not in answer.text, (name, path)
            else:
                assert answer.status_code == 200, (name, path)
        for path in public_lists(club):
            answer = await client.get(path, headers={"Accept": "text/html"})
            assert answer.status_code == 200
            assert (SECRET in answer.text) == enters, (name, path)
        person = club.people[name]
        for channel in (f"room:{club.room}", f"topic:{club.topic}"):
            async with club.app.listening(channel, person.token if person else None, after=0) as feed:
                assert feed.joined["type"] == ("joined" if enters else "refused"), (name, channel)
                assert (SECRET in str(feed.joined)) == enters


async def test_private_rooms_look_like_missing_rooms(club: Club, client: httpx2.AsyncClient) -> None:
    await club.limit("invited")
    for path in (f"/api/v1/rooms/{club.room}", f"/api/v1/topics/{club.topic}"):
        closed = await client.get(path)
        missing = await client.get(f"{path}999")
        assert (closed.status_code, closed.content) == (missing.status_code, missing.content)
    stranger = club.person("stranger")
    for answer in (
        await stranger.post(f"/rooms/{club.room}/questions", {"body": "Why?"}),
        await stranger.put(f"/questions/{club.question}/vote", {"value": 1}),
        await stranger.post(f"/topics/{club.topic}/posts", {"body": "Hello?"}),
        await stranger.put(f"/posts/{club.post}/reactions/agree"),
        await stranger.post(f"/posts/{club.post}/flags", {"reason": "spam"}),
        await stranger.get(f"/rooms/{club.room}/guests"),
        await stranger.patch(f"/rooms/{club.room}", {"title": "Mine now"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), answer.request.url


async def test_a_listener_who_is_refused_leaves_no_trace(club: Club) -> None:
    """The people in the room hear who comes: the guest, and not the stranger who asked for the room before."""
    await let_in(club)
    await club.limit("invited")
    room = f"room:{club.room}"
    here: list[int] = []

    async with (
        club.app.listening(room, club.person("host").token) as feed,
        club.app.listening(room, club.person("stranger").token) as refused,
        club.app.listening("room:999999", club.person("stranger").token) as missing,
        club.app.listening(room, club.person("guest").token) as guest,
    ):
        assert refused.joined == missing.joined | {"channel": room}
        assert refused.joined["type"] == "refused" and guest.joined["type"] == "joined"
        while not here or here[-1] < 2:
            signal = (await feed.next("signal"))["signal"]
            here += [signal["here"]] if signal["type"] == "presence" else []
        changed = await club.person("host").patch(f"/rooms/{club.room}", {"title": SECRET + " again"})
        assert changed.status_code == 200
        while (frame := await feed.frame())["type"] != "event":
            here += [frame["signal"]["here"]] if frame.get("signal", {}).get("type") == "presence" else []

    assert max(here) == 2


async def test_sectors_count_only_public_topics(club: Club, client: httpx2.AsyncClient) -> None:
    async def counted() -> tuple[int, int]:
        sectors = (await client.get("/api/v1/sectors")).json()["items"]
        sector = next(sector for sector in sectors if sector["slug"] == "mobility")
        return sector["topics"], sector.get("posts", 0)

    before = await counted()
    await club.limit("members")
    assert (await counted())[0] == before[0] - 1
    await club.limit("everyone")
    assert await counted() == before


async def test_public_streams_do_not_name_the_room(club: Club) -> None:
    mobility = (await club.client("visitor").get("/api/v1/sectors/mobility/topics")).json()["stream"]
    await club.limit("invited")
    changed = await club.person("host").patch(f"/rooms/{club.room}", {"title": SECRET + " again"})
    assert changed.json()["title"] == SECRET + " again"
    for channel, after in ((f"gathering:{club.gathering}", 0), (mobility["channel"], mobility["seq"])):
        for name, told in (("visitor", False), ("stranger", False), ("administrator", True)):
            person = club.people[name]
            async with club.app.listening(channel, person.token if person else None, after=after) as feed:
                assert feed.joined["type"] == "joined"
                assert (SECRET in str(feed.joined)) == told, (name, channel)


async def test_the_moderation_log_lists_only_public_objects(club: Club) -> None:
    moderator, stranger = club.person("moderator"), club.person("stranger")
    assert (await stranger.post(f"/posts/{club.post}/flags", {"reason": "spam"})).status_code == 201
    await club.app.run_jobs()
    case = (await moderator.get("/cases")).json()["items"][0]
    decision = GOOD["decide_case"] | {"version": case["version"]}
    decided = await moderator.post(f"/cases/{case['id']}/decisions", decision)
    assert decided.status_code == 201, decided.text
    with clock.stop_at(clock.now() + UNDO_WINDOW):
        assert len((await stranger.get("/ledger")).json()["items"]) == 1
        await club.limit("invited")
        assert (await stranger.get("/ledger")).json()["items"] == []


async def _lost(club: Club, names: tuple[str, ...], change: Any) -> None:
    """Check that each of these people loses both channels on every process within two seconds after the change, the
    promised limit."""

    async def listen(name: str, channel: str, url: str) -> float:
        person = club.people[name]
        async with club.app.listening(channel, person.token if person else None, url=url) as feed:
            assert feed.joined["type"] == "joined", (name, channel)
            ready.release()
            assert (await hears(feed, "left"))["code"] == "no_access"
            return monotonic()

    ready = asyncio.Semaphore(0)
    listeners = [
        asyncio.create_task(listen(name, channel, url))
        for url in club.app.urls
        for channel in (f"room:{club.room}", f"topic:{club.topic}")
        for name in names
    ]
    for _ in listeners:
        await ready.acquire()
    started = monotonic()
    await change()
    assert max(await asyncio.gather(*listeners)) - started < 2


async def test_an_uninvited_guest_loses_the_room_immediately(club: Club) -> None:
    await let_in(club)
    await club.limit("invited")
    host, guest = club.person("host"), club.person("guest")

    await _lost(club, ("guest",), lambda: host.delete(f"/rooms/{club.room}/guests/{guest.handle}"))

    assert (await guest.get(f"/rooms/{club.room}")).status_code == 404


async def test_former_committee_members_lose_the_rooms_of_the_committee(club: Club) -> None:
    await let_in(club)
    await club.limit("body")
    root, seated = club.person("administrator"), club.person("seated")

    await _lost(club, ("seated",), lambda: root.delete(f"/bodies/{BODY}/members/{seated.handle}"))

    assert (await seated.get(f"/rooms/{club.room}")).status_code == 404


async def test_limiting_a_room_removes_everybody_else(club: Club) -> None:
    await let_in(club)
    async with club.app.listening(f"room:{club.room}", club.person("guest").token) as kept:
        await _lost(club, ("visitor", "stranger", "seated"), lambda: club.limit("invited"))
        asked = await club.person("host").post(f"/rooms/{club.room}/questions", {"body": "Still here?"})
        assert asked.status_code == 201
        while (frame := await kept.frame())["type"] != "left":
            if frame.get("event", {}).get("type") == "question_asked":
                break
        assert frame["type"] == "event"


async def test_hosts_set_the_entry_rules(club: Club) -> None:
    host, stranger, guest = (club.person(name) for name in ("host", "stranger", "guest"))
    path = f"/rooms/{club.room}"
    before = (await host.get(path)).json()
    refused = await stranger.patch(path, {"title": "Mine"})
    assert (refused.status_code, refused.json()["code"]) == (403, "not_host")
    assert (await club.client("visitor").patch(f"/api/v1{path}", json={"title": "Mine"})).status_code == 401
    for rules, field in (
        ({"entry": "body"}, "body"),
        ({"entry": "body", "body": "nobody"}, "body"),
        ({"entry": "members", "body": BODY}, "body"),
        ({"body": BODY}, "body"),
        ({"slow_seconds": 3601}, "slow_seconds"),
        ({"question_length": 49}, "question_length"),
        ({"entry": "some"}, "entry"),
    ):
        wrong = await host.patch(path, {"rules": rules})
        assert wrong.status_code == 422, rules
        assert wrong.json()["field"].endswith(field)
    after = (await host.get(path)).json()
    assert [after[name] for name in ("rules", "title", "version", "stream")] == [
        before[name] for name in ("rules", "title", "version", "stream")
    ]

    async with club.app.listening(f"room:{club.room}", guest.token, after=before["stream"]["seq"]) as feed:
        rules = {"writers": "panel", "slow_seconds": 30, "question_length": 300, "anonymous": False}
        changed = await host.patch(
            path, {"title": "Plenary", "modules": ["polls"], "rules": rules}, headers={"If-Match": '"2"'}
        )
        assert changed.status_code == 200, changed.text
        told = await feed.next()
    after = (await host.get(path)).json()
    assert after["title"] == "Plenary" and after["modules"] == ["polls"]
    assert {name: after["rules"][name] for name in rules} == rules
    assert (told["event"]["type"], told["event"]["room"]) == ("room_changed", changed.json())
    assert (await host.get(f"/topics/{club.topic}")).json()["title"] == "Plenary"

    stale = await host.patch(path, {"title": "Late"}, headers={"If-Match": '"2"'})
    assert stale.status_code == 412 and stale.json()["current"]["title"] == "Plenary"


async def test_hosts_choose_guests_and_panelists(club: Club) -> None:
    host, guest, stranger = (club.person(name) for name in ("host", "guest", "stranger"))
    for kind in ("guests", "panel"):
        path = f"/rooms/{club.room}/{kind}"
        for _ in range(2):
            assert (await host.put(f"{path}/{guest.handle}")).status_code == 204
        assert [one["handle"] for one in (await host.get(path)).json()["items"]] == [guest.handle]
        assert (await host.put(f"{path}/nobody-at-all")).status_code == 404
        assert (await stranger.get(path)).status_code == 403
        assert (await stranger.put(f"{path}/{stranger.handle}")).status_code == 403
        for _ in range(2):
            assert (await host.delete(f"{path}/{guest.handle}")).status_code == 204
        assert (await host.get(path)).json()["items"] == []


async def test_panelists_can_enter(club: Club) -> None:
    await club.limit("invited")
    host, stranger = club.person("host"), club.person("stranger")
    assert (await stranger.get(f"/rooms/{club.room}")).status_code == 404
    await host.put(f"/rooms/{club.room}/panel/{stranger.handle}")
    assert (await stranger.get(f"/rooms/{club.room}")).status_code == 200


async def test_new_rooms_can_be_private_from_the_start(club: Club) -> None:
    host, stranger = club.person("host"), club.person("stranger")
    planned = await host.post(
        f"/gatherings/{club.gathering}/rooms",
        {"title": "Inner circle", "rules": {"entry": "body", "body": BODY, "premoderated": True}},
    )
    assert planned.status_code == 201, planned.text
    room = planned.json()
    assert room["version"] == 1 and room["rules"]["body"] == BODY and room["rules"]["premoderated"]
    assert (await stranger.get(f"/rooms/{room['id']}")).status_code == 404
    assert (await stranger.get(f"/topics/{room['topic']}")).status_code == 404
    rooms = (await stranger.get(f"/gatherings/{club.gathering}/rooms")).json()["items"]
    assert [one["title"] for one in rooms] == [SECRET]


async def test_committees_are_public_and_their_members_visible_to_administrators(club: Club) -> None:
    root, seated = club.person("administrator"), club.person("seated")
    listed = (await club.client("visitor").get("/api/v1/bodies")).json()["items"]
    assert {"slug": BODY, "name": "Platform steering committee"} in listed
    await let_in(club)
    path = f"/bodies/{BODY}/members"
    assert [one["handle"] for one in (await root.get(path)).json()["items"]] == [seated.handle]
    assert (await seated.get(path)).status_code == 403
    assert (await seated.put(f"{path}/{seated.handle}")).status_code == 403
    assert (await root.put(f"/bodies/nobody/members/{seated.handle}")).status_code == 404
