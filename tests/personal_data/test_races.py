"""An account is deleted while its member writes and exports and while others write (abuse case A44)."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx2

from core import clock
from core.ids import MemberId
from members.accounts.erasure import lock_member
from members.accounts.erasure_requests import plan_erasure
from tests.support.erasure.canary import NAME, WORDS, Canary, a_canary, find_in_tables
from tests.support.moderation.cases import mails
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.service import Service, raw_sql

# What a member whose account is deleted meanwhile may be told, besides that it succeeded; on a slow machine a lock can
# last longer than requests wait.
EXPECTED = ("401 sign_in_first", "404 not_found", "409 conflict", "503 unavailable")


async def _repeat(action: Callable[[int], Awaitable[httpx2.Response]], end: asyncio.Event) -> set[str]:
    """Act until the end; return the outcomes: "ok", or method, path, status and code."""
    outcomes, number = set(), 0
    while not end.is_set():
        number += 1
        answer = await action(number)
        asked = f"{answer.request.method} {answer.request.url.path}"
        outcomes.add("ok" if answer.is_success else f"{asked} {answer.status_code} {answer.json()['code']}")
    return outcomes


def _actions_of_the_member(
    member: Person, canary: Canary
) -> list[Callable[[int], Awaitable[httpx2.Response]]]:
    topic = canary.topic
    return [
        lambda n: member.post(f"/topics/{topic}/posts", {"body": f"Another {WORDS} by {NAME}, number {n}."}),
        lambda n: member.patch(f"/posts/{canary.post}", {"body": f"The {WORDS} again, {n}."}),
        lambda n: member.put(
            f"/drafts/topic:{topic}", {"body": f"A {WORDS} draft {n}", "owner": "window", "sequence": n - 1}
        ),
        lambda n: member.put(f"/posts/{canary.other_post}/reactions/agree"),
        lambda n: member.patch("/me/profile", {"about": f"I know every {WORDS}, {n}."}),
        lambda n: member.get("/me/export.zip"),
    ]


async def test_whoever_writes_while_the_account_is_deleted_leaves_nothing(app: Service) -> None:
    mails(app)  # of other tests
    canary = await a_canary(app)
    member, other, end = canary.member, canary.other, asyncio.Event()
    acting = [asyncio.create_task(_repeat(action, end)) for action in _actions_of_the_member(member, canary)]
    answering = asyncio.create_task(
        _repeat(lambda n: other.post(f"/topics/{canary.topic}/posts", {"body": f"I agree, {n}."}), end)
    )
    await a_reply(other, canary.topic, "Before.")

    async with app.db.begin() as tx:
        await plan_erasure(tx, MemberId(member.id), ["entries", "posts", "rooms"], clock.now())
    # Not `run_jobs`, which ends only when nobody writes any more.
    while (await member.get("/me")).status_code != 401:
        await app.worker.run_due_jobs()
    end.set()
    for outcomes in await asyncio.gather(*acting):
        assert "ok" in outcomes and len(outcomes) > 1, outcomes
        assert {
            outcome for outcome in outcomes if outcome != "ok" and not outcome.endswith(EXPECTED)
        } == set()
    assert {outcome[-15:] for outcome in await answering} <= {"ok", "503 unavailable"}
    await app.run_jobs()
    assert await find_in_tables(app.owner_url, NAME, WORDS) == {}
    sql = raw_sql(app.db)
    assert await sql.fetchval("SELECT count(*) FROM members WHERE id = $1", member.id) == 0
    assert await sql.fetchval("SELECT count(*) FROM quarantine WHERE job = 'erasures'") == 0


async def test_writing_does_not_wait_for_the_lock_of_an_erasure(app: Service) -> None:
    """Who inserts a post has locked its topic, which the erasure locks next: they would wait for each other."""
    amina = await a_person(app)
    topic = (await a_topic(amina))["id"]
    async with app.db.begin() as tx:
        assert await lock_member(tx, MemberId(amina.id))
        await a_reply(amina, topic, "In the meantime.")
