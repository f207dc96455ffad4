"""Duties: who grants them, who has them, and that somebody always administers."""

import asyncio

import pytest

from core.ids import MemberId
from members.profiles.duties import ADMINISTRATOR, insert_duty
from tests.support.member_service import MemberService
from tests.support.people import answered
from tests.support.service import Service, raw_sql


@pytest.fixture
def member_service(app: Service) -> MemberService:
    """The service with nobody in it yet."""
    return MemberService(app)


async def test_an_administrator_makes_moderators_and_takes_the_duty_back(member_service: MemberService):
    _, chief = await member_service.signed_in("chief", administrator=True)
    anna, annas = await member_service.signed_in("anna")
    sector = await raw_sql(member_service.db).fetchval("SELECT id FROM sectors WHERE slug = 'mobility'")
    path = "/members/anna/duties/moderator/mobility"
    async with member_service.client(chief) as client:
        for _ in range(2):
            assert (await client.put(path)).status_code == 204
        actor = await member_service.actor(annas)
        assert actor is not None
        assert actor.moderates == {sector}
        listed = (await client.get("/duties")).json()["items"]
        assert [(item["member"]["handle"], item["duty"], item["sector"]) for item in listed] == [
            ("chief", "administrator", None),
            ("anna", "moderator", "mobility"),
        ]
        assert listed[1]["granted_by"]["handle"] == "chief"

        for _ in range(2):
            assert (await client.delete(path)).status_code == 204
    actor = await member_service.actor(annas)
    assert actor is not None
    assert not actor.moderates
    changes = [
        event
        for event in await member_service.events(f"member:{anna.id}")
        if event["type"] == "access_changed"
    ]
    assert len(changes) == 2


async def test_only_administrators_see_and_give_duties(member_service: MemberService):
    await member_service.signed_in("chief", administrator=True)
    _, annas = await member_service.signed_in("anna")
    async with member_service.client(annas) as client:
        for method, path in [
            ("GET", "/duties"),
            ("PUT", "/members/anna/duties/administrator"),
            ("PUT", "/members/anna/duties/moderator/mobility"),
            ("PUT", "/members/anna/duties/host/1"),
            ("DELETE", "/members/chief/duties/administrator"),
            ("DELETE", "/members/chief/duties/moderator/mobility"),
            ("DELETE", "/members/chief/duties/host/1"),
        ]:
            answer = await client.request(method, path)
            assert (answer.status_code, answer.json()["code"]) == (403, "administrators_only"), path


@pytest.mark.parametrize(
    "path",
    [
        "/members/nobody/duties/administrator",
        "/members/chief/duties/moderator/nowhere",
        "/members/chief/duties/host/999999",
        "/members/chief/duties/host/99999999999999999999999",
    ],
)
async def test_duties_are_at_places_and_of_members_that_exist(member_service: MemberService, path: str):
    _, chief = await member_service.signed_in("chief", administrator=True)
    async with member_service.client(chief) as client:
        assert (await client.put(path)).status_code == 404
        assert (await client.delete(path)).status_code == 404


async def test_the_last_administrator_stays(member_service: MemberService):
    _, chief = await member_service.signed_in("chief", administrator=True)
    async with member_service.client(chief) as client:
        answer = await client.delete("/members/chief/duties/administrator")
        assert (answer.status_code, answer.json()["code"]) == (409, "last_administrator")


async def test_of_administrators_who_all_leave_at_once_one_stays(member_service: MemberService):
    tokens = [(await member_service.signed_in(f"chief-{n}", administrator=True))[1] for n in range(6)]

    async def leave(number: int, token: str) -> int:
        async with member_service.client(token) as client:
            answer = await answered(lambda: client.delete(f"/members/chief-{number}/duties/administrator"))
            return answer.status_code

    answers = await asyncio.gather(*(leave(number, token) for number, token in enumerate(tokens)))
    assert sorted(answers) == [204] * 5 + [409]
    assert await raw_sql(member_service.db).fetchval("SELECT count(*) FROM duties") == 1


async def test_whoever_has_a_duty_signs_in_once_a_week(member_service: MemberService):
    me, token = await member_service.signed_in("anna")
    await raw_sql(member_service.db).execute(
        "UPDATE sessions SET started_at = started_at - interval '8 days'"
    )
    assert await member_service.actor(token) is not None
    async with member_service.db.begin() as tx:
        await insert_duty(tx, MemberId(me.id), ADMINISTRATOR)
    assert await member_service.actor(token) is None


async def test_a_duty_granted_reaches_the_member_at_once(member_service: MemberService, app: Service):
    _, chief = await member_service.signed_in("chief", administrator=True)
    anna, annas = await member_service.signed_in("anna")
    async with app.listening(f"member:{anna.id}", annas) as feed, member_service.client(chief) as client:
        assert feed.joined["type"] == "joined"
        await client.put("/members/anna/duties/moderator/mobility")
        assert (await feed.next())["event"] == {"type": "access_changed"}


async def test_nobody_listens_to_another_member(member_service: MemberService, app: Service):
    anna, annas = await member_service.signed_in("anna")
    _, bertas = await member_service.signed_in("berta", administrator=True)
    async with app.listening(f"member:{anna.id}", annas) as feed:
        assert feed.joined["type"] == "joined"
    for token in (bertas, None):
        async with app.listening(f"member:{anna.id}", token) as feed:
            assert (feed.joined["type"], feed.joined["code"]) == ("refused", "not_found")
