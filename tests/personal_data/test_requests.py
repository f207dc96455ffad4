"""Asking to delete one's account: the preview, the choices, the password, the waiting time and keeping the account."""

from datetime import timedelta

import httpx2
import pytest

from core import clock
from members.accounts.erasure_requests import WAITING_TIME
from tests.support.member_service import PASSWORD, MemberService
from tests.support.pages import open_page, send
from tests.support.people import a_person
from tests.support.service import Service, raw_sql

CHOICES = {"posts": "delete", "rooms": "keep", "entries": "keep"}
_SUSPEND_EVERYBODY = """
WITH judged AS (INSERT INTO cases (object_kind, object_id, state, opened_at)
    SELECT 'profile', id, 'decided', now() FROM members RETURNING id, object_id),
decided AS (INSERT INTO decisions (case_id, action, rule, facts, decided_at)
    SELECT id, 'suspend', 'A rule', 'Some facts', now() FROM judged RETURNING id, action)
INSERT INTO sanctions (decision_id, action, member_id, begun_at, until)
SELECT decided.id, decided.action, judged.object_id, now(), now() + interval '9 days' FROM decided, judged
"""


async def _signed_in(member_service: MemberService, handle: str) -> httpx2.AsyncClient:
    me = await member_service.member(handle, password=PASSWORD)
    return member_service.client(await member_service.token_for(me))


@pytest.fixture
def member_service(app: Service) -> MemberService:
    """The service without members."""
    return MemberService(app)


async def test_a_member_asks_changes_their_mind_and_is_erased_in_the_end(
    app: Service, member_service: MemberService
) -> None:
    async with await _signed_in(member_service, "nadia") as client:
        preview = (await client.get("/me/erasure/preview")).json()
        assert preview["texts"] == {"posts": 0, "rooms": 0, "entries": 0, "joint_entries": 0}
        assert "your account and profile" in [row["description"] for row in preview["gone"]]
        assert (await client.get("/me/erasure")).status_code == 404
        wrong = await client.post("/me/erasure", json=CHOICES | {"password": "another one"})
        assert (wrong.status_code, wrong.json()["code"]) == (403, "wrong_password")
        incomplete = await client.post("/me/erasure", json={"password": PASSWORD, "posts": "delete"})
        assert incomplete.status_code == 422
        asked = await client.post("/me/erasure", json=CHOICES | {"password": PASSWORD})
        assert asked.status_code == 202, asked.text
        assert (await client.get("/me/erasure")).json() == asked.json()
        assert {name: asked.json()[name] for name in CHOICES} == CHOICES
        await member_service.work()
        [told] = [email for email in member_service.sent.emails if "/settings/deletion" in email.text]
        assert told.to == "nadia@mail.example"
        again = await client.post("/me/erasure", json=CHOICES | {"posts": "keep", "password": PASSWORD})
        assert again.json() == asked.json() | {"posts": "keep"}, "the time stays"

        assert (await client.delete("/me/erasure")).status_code == 204
        assert (await client.delete("/me/erasure")).status_code == 404
        with clock.stop_at(clock.now() + WAITING_TIME + timedelta(hours=1)):
            await app.run_jobs()
        assert (await client.get("/me")).status_code == 200, "the account was kept"

        await client.post("/me/erasure", json=CHOICES | {"password": PASSWORD})
        await app.run_jobs()
        assert (await client.get("/me")).status_code == 200, "not before the time"
        with clock.stop_at(clock.now() + WAITING_TIME):
            await app.run_jobs()
        assert (await client.get("/me")).status_code == 401
        assert await raw_sql(app.db).fetchval("SELECT count(*) FROM members WHERE handle = 'nadia'") == 0


async def test_the_page_works_with_plain_forms(app: Service, member_service: MemberService) -> None:
    me = await member_service.member("nadia", password=PASSWORD)
    async with app.client(await member_service.token_for(me)) as client:
        assert 'href="/settings/deletion"' in await open_page(client, "/settings")
        page = await open_page(client, "/settings/deletion")
        assert "Your account and profile: 1" in page and "Delete my account in seven days" in page
        none = await send(client, "/settings/deletion", own_password=PASSWORD)
        assert none.status_code == 422 and "Choose what becomes of your texts." in none.text
        wrong = await send(client, "/settings/deletion", own_password="another one", **CHOICES)
        assert wrong.status_code == 403 and "This is not your password." in wrong.text
        asked = await send(client, "/settings/deletion", own_password=PASSWORD, **CHOICES)
        assert asked.headers["location"] == "/settings/deletion?done=deletion"
        page = await open_page(client, "/settings/deletion?done=deletion")
        assert (
            "Your account will be deleted on" in page
            and "The texts of your topics and posts are deleted." in page
        )
        kept = await send(client, "/settings/deletion/cancel")
        assert kept.headers["location"] == "/settings?done=account-kept"
        assert "Your account will be deleted on" not in await open_page(client, "/settings/deletion")


async def test_the_last_administrator_cannot_leave(app: Service, member_service: MemberService) -> None:
    async with await _signed_in(member_service, "ada") as client:
        await raw_sql(app.db).execute(
            "INSERT INTO duties (member_id, duty, granted_at) SELECT id, 'administrator', now() FROM members"
        )
        refused = await client.post("/me/erasure", json=CHOICES | {"password": PASSWORD})
        assert (refused.status_code, refused.json()["code"]) == (409, "last_administrator")
        await a_person(app, "Eve", duties=[("administrator", None)])
        assert (await client.post("/me/erasure", json=CHOICES | {"password": PASSWORD})).status_code == 202


async def test_of_administrators_who_all_ask_to_leave_one_stays(
    app: Service, member_service: MemberService
) -> None:
    async with await _signed_in(member_service, "ada") as ada, await _signed_in(member_service, "eve") as eve:
        await raw_sql(app.db).execute(
            "INSERT INTO duties (member_id, duty, granted_at) SELECT id, 'administrator', now() FROM members"
        )
        asked = CHOICES | {"password": PASSWORD}
        assert (await ada.post("/me/erasure", json=asked)).status_code == 202
        refused = [
            await eve.post("/me/erasure", json=asked),
            await eve.delete("/members/eve/duties/administrator"),
        ]
        assert [(one.status_code, one.json()["code"]) for one in refused] == [(409, "last_administrator")] * 2
        assert (await ada.post("/me/erasure", json=asked)).status_code == 202, "repeating it changes nothing"
        assert (await ada.delete("/me/erasure")).status_code == 204
        assert (await eve.post("/me/erasure", json=asked)).status_code == 202


async def test_suspended_members_can_delete_their_account(
    app: Service, member_service: MemberService
) -> None:
    async with await _signed_in(member_service, "sam") as client:
        await raw_sql(app.db).execute(_SUSPEND_EVERYBODY)
        refused = await client.post("/sectors/mobility/topics", json={"title": "Tin", "body": "Which?"})
        assert refused.json()["code"] == "suspended"
        assert (await client.post("/me/erasure", json=CHOICES | {"password": PASSWORD})).status_code == 202
        assert (await client.delete("/me/erasure")).status_code == 204
