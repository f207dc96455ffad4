"""What administrators do with accounts: each needs the role, works at once, and is in the audit log."""

from datetime import timedelta
from typing import Any

import pytest

from core import clock
from tests.support.emails.lanes import SentEmails, a_lane
from tests.support.people import Person, a_person, a_topic
from tests.support.service import Service, raw_sql


@pytest.fixture
async def root(app: Service) -> Person:
    return await a_person(app, "Root", duties=[("administrator", None)])


async def audited(app: Service, kind: str) -> dict[str, Any]:
    row = await raw_sql(app.db).fetchrow(
        "SELECT by_id, about FROM audit WHERE kind = $1 ORDER BY number DESC LIMIT 1", kind
    )
    assert row is not None, kind
    return dict(row)


async def test_an_address_is_confirmed_and_a_member_signed_out(app: Service, root: Person) -> None:
    ulla = await a_person(app, "Ulla", verified=False)
    assert (await root.put(f"/accounts/{ulla.handle}/verification")).status_code == 204
    assert (await ulla.actor()).is_verified
    assert (await audited(app, "address_verified"))["by_id"] == root.id

    assert (await root.delete(f"/accounts/{ulla.handle}/sessions")).status_code == 204
    assert (await ulla.get("/me")).status_code == 401
    assert str(ulla.id) in str((await audited(app, "signed_out"))["about"])


async def test_a_link_for_a_password_goes_to_the_member_alone(app: Service, root: Person) -> None:
    mia, ulla = await a_person(app, "Mia"), await a_person(app, "Ulla", verified=False)
    answer = await root.post(f"/accounts/{mia.handle}/password-links")
    assert answer.status_code == 202 and not answer.content.strip(b"null")
    await audited(app, "password_link_sent")
    links = await raw_sql(app.db).fetch("SELECT address FROM mailed_links WHERE purpose = 'reset'")
    assert [row["address"] for row in links][-1] == f"{mia.handle}@example.org"
    refused = await root.post(f"/accounts/{ulla.handle}/password-links")
    assert (refused.status_code, refused.json()["code"]) == (409, "no_verified_address")


async def test_a_suspension_is_a_decision_and_spares_administrators(app: Service, root: Person) -> None:
    mia, ada = await a_person(app, "Mia"), await a_person(app, "Ada", duties=[("administrator", None)])
    given = {"days": 3, "reason": {"rule": "No selling", "facts": "It sells."}}
    made = await root.post(f"/accounts/{mia.handle}/suspensions", given)
    assert made.status_code == 201 and made.json()["action"] == "suspend"
    assert (await mia.actor()).suspended_until
    refused = await root.post(f"/accounts/{ada.handle}/suspensions", given)
    assert (refused.status_code, refused.json()["code"]) == (409, "take_duty_first")


async def test_an_account_is_deleted_in_seven_days_unless_somebody_keeps_it(
    app: Service, client: Any
) -> None:
    given = {"handle": "chief-a", "email": "chief-a@example.org", "password": "three unrelated words"}
    assert (await client.post("/api/v1/accounts", json=given)).status_code == 201
    known = {"login": "chief-a", "password": given["password"]}
    token = (await client.post("/api/v1/sessions", json=known)).json()["token"]
    await raw_sql(app.db).execute(
        "INSERT INTO duties (member_id, duty, granted_at) SELECT id, 'administrator', now() FROM members "
        "WHERE handle = 'chief-a'"
    )
    chief = app.client(token)
    mia, ada = await a_person(app, "Mia"), await a_person(app, "Ada", duties=[("administrator", None)])
    choices = {"posts": "delete", "rooms": "delete", "entries": "delete"}
    path = f"/api/v1/accounts/{mia.handle}/erasure"
    assert (await chief.put(path, json=choices | {"password": "a wrong one"})).status_code == 403
    right = choices | {"password": given["password"]}
    other = await chief.put(f"/api/v1/accounts/{ada.handle}/erasure", json=right)
    assert (other.status_code, other.json()["code"]) == (409, "take_duty_first")

    assert (await chief.put(path, json=right)).status_code == 202
    sent = SentEmails()
    while await app.worker.handle_next():
        pass
    await a_lane(app.db, sent.post).send_due()
    assert "an administrator" in sent.to(f"{mia.handle}@example.org")[-1].text
    assert (await mia.get("/me/erasure")).status_code == 200, "the member sees it, and can cancel it"
    assert (await chief.delete(path)).status_code == 204
    await audited(app, "erasure_asked")
    await audited(app, "erasure_cancelled")
    assert (await chief.delete(path)).status_code == 404

    assert (await chief.put(path, json=right)).status_code == 202
    with clock.stop_at(clock.now() + timedelta(days=8)):
        await app.run_jobs()
    assert await raw_sql(app.db).fetchval("SELECT count(*) FROM members WHERE id = $1", mia.id) == 0


async def test_posts_of_an_archive_get_their_author(app: Service, root: Person) -> None:
    mia, author = await a_person(app, "Mia"), await a_person(app, "Author")
    topic = (await a_topic(author))["id"]
    sql = raw_sql(app.db)
    path = f"/accounts/{mia.handle}/mergers"
    assert (await root.post(path, {"author": author.handle})).status_code == 404, "an account is no author"
    await sql.execute("DELETE FROM sessions WHERE member_id = $1", author.id)
    await sql.execute(
        "UPDATE members SET is_claimed = false, email_verified_at = NULL WHERE id = $1", author.id
    )
    assert (await root.post(path, {"author": author.handle})).status_code == 204
    assert (await root.get(f"/topics/{topic}")).json()["author"]["handle"] == mia.handle
    assert (await root.get(f"/accounts/{author.handle}")).status_code == 404
    await audited(app, "author_merged")


async def test_the_one_who_stands_for_former_members_is_nobodys_author(app: Service, root: Person) -> None:
    mia = await a_person(app, "Mia")
    sql = raw_sql(app.db)
    await sql.execute(
        "INSERT INTO members (handle, skeleton, display_name, is_claimed, joined_at) "
        "VALUES ('deleted-member', 'deleted-member', 'Former member', false, now()) ON CONFLICT DO NOTHING"
    )
    refused = await root.post(f"/accounts/{mia.handle}/mergers", {"author": "deleted-member"})
    assert refused.status_code == 404
    listed = await root.get("/accounts", params={"status": "author", "words": "deleted-member"})
    assert listed.json()["items"] == []
