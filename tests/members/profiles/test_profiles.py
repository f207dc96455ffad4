"""Profiles and sessions: what members say of themselves, who sees it, and where they are signed in."""

import json
from datetime import timedelta

import pytest

from core import clock
from members.accounts.sessions import IDLE_TIMEOUT, MAX_LIFETIME, delete_ended_sessions, find_actor
from members.channels import show_members
from storage.event_log import read_after
from tests.support.member_service import MemberService
from tests.support.rooms.open_room import statements_of
from tests.support.service import Service, raw_sql


@pytest.fixture
def member_service(app: Service) -> MemberService:
    """The service with nobody in it yet."""
    return MemberService(app)


FULL = {
    "display_name": "Anna A.",
    "organisation": "A university",
    "stakeholder_group": "academia",
    "country": "AT",
    "sectors": ["mobility", "electronics"],
    "stages": ["mining"],
    "materials": ["cobalt"],
    "languages": ["en", "fr"],
    "about": "Mines and people.",
}


async def test_others_see_what_a_member_makes_public(member_service: MemberService):
    _, token = await member_service.signed_in("anna")
    async with member_service.client(token) as client:
        answer = await client.patch("/me/profile", json=FULL | {"public": ["stakeholder_group", "about"]})
        assert answer.status_code == 200
        assert {name: answer.json()[name] for name in FULL} == FULL
    async with member_service.client() as visitor:
        shown = (await visitor.get("/members/ANNA")).json()
        assert (shown["display_name"], shown["stakeholder_group"], shown["about"]) == (
            "Anna A.",
            "academia",
            "Mines and people.",
        )
        hidden = ("organisation", "country", "sectors", "stages", "materials", "languages")
        assert [shown[name] for name in hidden] == [None] * len(hidden)
        assert not {"email", "is_verified", "silenced_until", "version", "public"} & shown.keys()
        assert (await visitor.get("/members/nobody")).status_code == 404


async def test_a_new_face_is_told_to_all_and_nothing_else_is(member_service: MemberService, app: Service):
    me, token = await member_service.signed_in("anna")
    async with app.listening("members") as feed, member_service.client(token) as client:
        assert feed.joined["type"] == "joined"
        await client.patch(
            "/me/profile", json={"organisation": "Elsewhere", "about": "x", "display_name": "anna"}
        )
        await client.patch("/me/profile", json={"stakeholder_group": "finance"})
        assert (await feed.next())["event"]["type"] == "profile_changed"
    async with member_service.db.read() as tx:
        (shown,) = await show_members(tx, "all", (await read_after(tx, "members", 0))[-1:])
    assert json.loads(shown) == {
        "type": "profile_changed",
        "member": {
            "id": me.id,
            "handle": "anna",
            "display_name": "anna",
            "group": "finance",
            "picture": None,
        },
    }
    assert len(await member_service.events("members")) == 1


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"stakeholder_group": "nobility"}, "not_in_the_list", "stakeholder_group"),
        ({"country": "ZZ"}, "not_in_the_list", "country"),
        ({"sectors": ["mobility", "nowhere"]}, "not_in_the_list", "sectors"),
        ({"languages": ["klingon"]}, "not_in_the_list", "languages"),
        ({"public": ["email"]}, "invalid", "public"),
        ({"display_name": "a\u202eb"}, "invalid", "display_name"),
        ({"about": "x" * 5001}, "invalid", "about"),
        ({"is_verified": True}, "invalid", ""),
        ({"sectors": ["mobility"] * 51}, "invalid", "sectors"),
    ],
)
async def test_what_no_profile_says_is_refused(
    member_service: MemberService, change: dict[str, object], code: str, field: str
):
    _, token = await member_service.signed_in()
    async with member_service.client(token) as client:
        answer = await client.patch("/me/profile", json=change)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert field in answer.json().get("field", "")


async def test_a_change_to_an_older_profile_is_refused_with_the_current_one(member_service: MemberService):
    _, token = await member_service.signed_in()
    async with member_service.client(token) as client:
        first = await client.patch("/me/profile", json={"about": "one"}, headers={"If-Match": '"1"'})
        assert first.json()["version"] == 2
        stale = await client.patch("/me/profile", json={"about": "two"}, headers={"If-Match": '"1"'})
        assert stale.status_code == 412
        assert stale.json()["current"]["about"] == "one"


async def test_null_empties_and_a_blank_name_is_refused(member_service: MemberService):
    _, token = await member_service.signed_in("anna")
    async with member_service.client(token) as client:
        await client.patch("/me/profile", json=FULL)
        emptied = await client.patch("/me/profile", json={"country": None, "stakeholder_group": None})
        blank = await client.patch("/me/profile", json={"display_name": "   "})
    assert (emptied.json()["country"], emptied.json()["stakeholder_group"]) == (None, None)
    assert (blank.status_code, blank.json()["code"]) == (422, "nothing_visible")


async def test_members_see_and_end_their_own_sessions_only(member_service: MemberService):
    anna, here = await member_service.signed_in("anna")
    there, third = await member_service.token_for(anna), await member_service.token_for(anna)
    _, bertas = await member_service.signed_in("berta")
    async with member_service.client(here) as client, member_service.client(bertas) as berta:
        listed = (await client.get("/me/sessions")).json()["items"]
        assert [item["current"] for item in listed] == [False, False, True]
        assert all(item["seen_at"].endswith(":00:00Z") for item in listed)
        newest, older = listed[0]["id"], listed[1]["id"]

        assert (await berta.delete(f"/me/sessions/{older}")).status_code == 404
        assert (await client.delete(f"/me/sessions/{older}")).status_code == 204
        assert (await client.delete(f"/me/sessions/{older}")).status_code == 404
        assert await member_service.actor(there) is None
        assert await member_service.actor(third) is not None

        assert (await client.delete("/me/sessions")).status_code == 204
        assert await member_service.actor(third) is None
        assert await member_service.actor(here) is not None
    assert await member_service.actor(bertas) is not None
    events = await member_service.events(f"member:{anna.id}")
    assert {"type": "session_ended", "member_id": anna.id, "session_id": older} in events
    assert events[-1]["type"] == "sessions_ended"
    assert newest


async def test_a_session_that_ends_shuts_its_sockets(member_service: MemberService, app: Service):
    anna, token = await member_service.signed_in("anna")
    async with app.listening(f"member:{anna.id}", token) as feed, member_service.client(token) as client:
        assert feed.joined["type"] == "joined"
        await client.delete("/sessions/current")
        await feed.socket.wait_closed()
    assert feed.socket.close_code == 4401


async def test_sessions_end_when_idle_and_in_any_case(member_service: MemberService):
    _, token = await member_service.signed_in()
    start = clock.now()
    with clock.stop_at(start + IDLE_TIMEOUT - timedelta(hours=2)):
        assert await member_service.actor(token) is not None  # and seen
    with clock.stop_at(start + 2 * IDLE_TIMEOUT - timedelta(hours=5)):
        assert await member_service.actor(token) is not None
    with clock.stop_at(start + 3 * IDLE_TIMEOUT):
        assert await member_service.actor(token) is None
    await raw_sql(member_service.db).execute("UPDATE sessions SET seen_at = $1", start + MAX_LIFETIME)
    with clock.stop_at(start + MAX_LIFETIME + timedelta(seconds=1)):
        assert await member_service.actor(token) is None
        async with member_service.db.begin() as tx:
            assert await delete_ended_sessions(tx) == 1


@pytest.mark.parametrize("token", ["", "x", "\udcff", "a" * 5000, "Ünïcødé"])
async def test_a_token_that_is_none_is_nobodys(member_service: MemberService, token: str):
    await member_service.signed_in()
    assert await member_service.actor(token) is None


async def test_one_query_finds_the_actor(member_service: MemberService):
    _, token = await member_service.signed_in(administrator=True)
    async with member_service.db.read() as tx:
        # A new connection asks what arrays are made of; that is its first query's cost, not this one's.
        await find_actor(tx, token, clock.now())
        async with statements_of(tx) as sent:
            actor = await find_actor(tx, token, clock.now())
    assert actor is not None
    assert actor.is_administrator
    assert len(sent) == 1
