"""The list of accounts: who is in it, what the filters leave, and what nobody but administrators sees."""

from datetime import timedelta
from typing import Any

import pytest

from core import clock
from tests.support.people import Person, a_person
from tests.support.service import Service, raw_sql


@pytest.fixture
async def root(app: Service) -> Person:
    return await a_person(app, "Root", duties=[("administrator", None)])


async def names(root: Person, **only: Any) -> set[str]:
    answer = await root.get("/accounts", params=only)
    assert answer.status_code == 200, answer.text
    return {item["handle"].rpartition("-")[0] for item in answer.json()["items"]}


async def test_accounts_are_found_by_state_role_group_and_words(app: Service, root: Person) -> None:
    await a_person(app, "Ulla", verified=False)
    silent = await a_person(app, "Sil", silenced_until=clock.now() + timedelta(days=1))
    await a_person(app, "Mod", duties=[("moderator", "mobility")])
    gone = await a_person(app, "Gone")
    sql = raw_sql(app.db)
    await sql.execute("UPDATE members SET stakeholder_group = 'academia' WHERE id = $1", silent.id)
    await sql.execute(
        "UPDATE members SET failing_address = email, failing_since = now() WHERE id = $1", gone.id
    )
    await sql.execute("DELETE FROM sessions WHERE member_id = $1", gone.id)

    assert {"ulla", "sil", "mod", "gone", "root"} <= await names(root)
    assert "ulla" in (unverified := await names(root, status="unverified")) and "mod" not in unverified
    assert "sil" in (silenced := await names(root, status="silenced")) and "mod" not in silenced
    assert await names(root, status="unreachable") == {"gone"}
    assert "mod" in (moderators := await names(root, role="moderator")) and "root" not in moderators
    assert "mod" not in (nobodies := await names(root, role="none")) and "sil" in nobodies
    assert "sil" in await names(root, group="academia") and "mod" not in await names(root, group="academia")
    assert "gone" in (away := await names(root, seen="away")) and "mod" not in away
    assert "mod" in (recent := await names(root, seen="recently")) and "gone" not in recent
    assert await names(root, words=f"{gone.handle}@EXAMPLE") == {"gone"}, "also by the address"
    assert (await root.get("/accounts", params={"status": "asleep"})).status_code == 422


async def test_the_list_has_pages_and_no_addresses(app: Service, root: Person) -> None:
    await raw_sql(app.db).execute(
        "INSERT INTO members (handle, skeleton, display_name, email, joined_at) SELECT 'crowd-' || n, 'crowd-' || n, "
        "'Crowd', 'crowd-' || n || '@example.org', now() FROM generate_series(1, 120) n"
    )
    seen: list[str] = []
    after = None
    for _ in range(3):
        page = (
            await root.get("/accounts", params={"words": "crowd-"} | ({"after": after} if after else {}))
        ).json()
        assert "@" not in str(page)
        seen += [item["handle"] for item in page["items"]]
        after = page["next"]
    assert after is None and seen == [f"crowd-{n}" for n in range(120, 0, -1)]


async def test_one_account_shows_its_address_and_roles_to_administrators_only(
    app: Service, root: Person
) -> None:
    mod = await a_person(app, "Mod", duties=[("moderator", "mobility")])
    found = (await root.get(f"/accounts/{mod.handle}")).json()
    assert found["account"]["email"] == f"{mod.handle}@example.org" and found["sessions"] == 1
    assert found["roles"] == [{"duty": "moderator", "sector": "mobility", "gathering": None}]
    assert (await mod.get(f"/accounts/{root.handle}")).json()["code"] == "administrators_only"
    assert (await root.get("/accounts/nobody-here")).status_code == 404
