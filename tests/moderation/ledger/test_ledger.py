"""The public moderation log: filters in the URL, reversals next to their decisions, and monthly pseudonyms."""

from datetime import UTC, datetime, timedelta

import httpx2

from core import clock
from storage.database import Database
from tests.support.moderation.cases import decide_to_hide, some_cases
from tests.support.people import Person, a_person
from tests.support.service import Service, raw_sql

HTML = {"Accept": "text/html"}
LATER = datetime(2027, 6, 1, tzinfo=UTC)


async def decided(app: Service, case: int, moment: datetime, by: str) -> None:
    """Make a decision as a moderator with this pseudonym."""
    with clock.stop_at(moment):
        person = await a_person(app, by, duties=[("moderator", "mobility")])
        await decide_to_hide(person, case)


async def test_a_moderators_name_lasts_a_month_and_is_nobody_elses(
    app: Service, client: httpx2.AsyncClient, db: Database
) -> None:
    cases = await some_cases(app, 4)
    march, end = datetime(2027, 3, 1, tzinfo=UTC), datetime(2027, 3, 31, 23, 59, 59, tzinfo=UTC)
    with clock.stop_at(march):
        ada = await a_person(app, "Ada", duties=[("moderator", "mobility")])
        await decide_to_hide(ada, cases[0])
    await decided(app, cases[2], end, "Ben")
    with clock.stop_at(march + timedelta(hours=5)):
        await decide_to_hide(ada, cases[1])
    await decided(app, cases[3], end + timedelta(seconds=1), "Ada")
    await raw_sql(db).execute("UPDATE decisions SET decided_by = $1 WHERE case_id = $2", ada.id, cases[3])
    await raw_sql(db).execute("UPDATE moderator_names SET member_id = $1 WHERE month = '2027-04-01'", ada.id)

    with clock.stop_at(LATER):
        answer = await client.get("/api/v1/ledger")
        names = {entry["case"]: entry["moderator"] for entry in answer.json()["items"]}
        hers = (await client.get(f"/api/v1/ledger?moderator={names[cases[0]]}")).json()["items"]

    assert names[cases[0]] == names[cases[1]]
    assert len({names[case] for case in (cases[0], cases[2], cases[3])}) == 3
    assert {entry["case"] for entry in hers} == {cases[0], cases[1]}
    assert ada.handle not in answer.text


async def test_filters_find_what_they_say(app: Service, client: httpx2.AsyncClient) -> None:
    first, second, third = await some_cases(app, 3)
    ada, ben = await a_moderator(app, "Ada"), await a_moderator(app, "Ben")
    decision = await decide_to_hide(ada, first)
    assert (
        await ben.put(f"/decisions/{decision['id']}/reversal", {"facts": "It was right."})
    ).status_code == 200
    await decide_to_hide(ada, second)
    assert (
        await ada.post(f"/cases/{third}/decisions", {"version": 1, "action": "no_action"})
    ).status_code == 201

    async def found(query: str) -> set[int]:
        return {entry["case"] for entry in (await client.get(f"/api/v1/ledger{query}")).json()["items"]}

    with clock.stop_at(clock.now() + timedelta(minutes=1)):
        assert await found("") == {first, second, third}
        assert await found("?action=hide") == {first, second}
        assert await found("?reversed=true") == {first}
        assert await found("?reversed=false&action=hide") == {second}
        assert await found("?sector=electronics") == set()
        assert await found("?sector=mobility&action=no_action") == {third}
        assert await found("?moderator=NOBODY") == set()
        page = (await client.get("/ledger?reversed=true", headers=HTML)).text
        everything = (await client.get("/ledger", headers=HTML)).text
    assert f'href="#r{decision["id"]}"' in page
    assert f'id="r{decision["id"]}"' in page
    assert "It was right." in page
    assert page.count('<li id="d') == 1
    assert everything.count('<li id="d') == 3
    reversal = next(line for line in page.splitlines() if "It was right." in line)
    assert "Ben" not in reversal


async def a_moderator(app: Service, name: str) -> Person:
    return await a_person(app, name, duties=[("moderator", "mobility")])
