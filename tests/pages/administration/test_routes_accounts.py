"""The pages of administrators without a browser script: home, list, account, and each action with its confirmation."""

from tests.support.pages import open_page, send
from tests.support.people import a_person
from tests.support.service import Service, raw_sql


async def test_the_home_names_what_is_not_done_and_how_the_service_is(app: Service) -> None:
    root = await a_person(app, "Root", duties=[("administrator", None)])
    page = await open_page(root, "/admin")
    assert "First steps" in page and "E-mails reach people" in page
    assert "No mail server is set" in page and "PostgreSQL" in page
    assert 'href="/admin"' in await open_page(root, "/"), "the navigation leads there"
    assert 'href="/admin"' not in await open_page(await a_person(app), "/")


async def test_members_are_filtered_and_an_unknown_filter_is_no_filter(app: Service) -> None:
    root = await a_person(app, "Root", duties=[("administrator", None)])
    ulla = await a_person(app, "Ulla", verified=False)
    page = await open_page(root, "/admin/members?state=unverified")
    assert f"/admin/members/{ulla.handle}" in page and f"/admin/members/{root.handle}" not in page
    assert f"/admin/members/{root.handle}" in await open_page(root, "/admin/members?state=asleep")
    assert "No members match" in await open_page(root, "/admin/members?q=nobody-has-this")


async def test_each_action_says_what_follows_and_then_does_it(app: Service) -> None:
    root = await a_person(app, "Root", duties=[("administrator", None)])
    ulla = await a_person(app, "Ulla", verified=False)
    base = f"/admin/members/{ulla.handle}"
    assert f"{ulla.handle}@example.org" in await open_page(root, f"{base}/verify")
    assert not (await ulla.actor()).is_verified, "opening the page does nothing"
    done = await send(root, f"{base}/verify")
    assert done.headers["location"] == f"{base}?done=account-verified"
    assert (await ulla.actor()).is_verified

    refused = await send(root, f"{base}/suspend", days="3", rule="", facts="It sells.")
    assert refused.status_code == 422 and "It sells." in refused.text and 'id="rule-wrong"' in refused.text
    assert (await send(root, f"{base}/suspend", days="0", rule="No", facts="So.")).status_code == 422
    done = await send(root, f"{base}/suspend", days="3", rule="No selling", facts="It sells.")
    assert done.status_code == 303, done.text
    assert "Suspended until" in await open_page(root, base)

    unknown = await send(root, f"{base}/merge", author="nobody-here")
    assert unknown.status_code == 422 and "No member has this handle" in unknown.text
    await open_page(root, f"{base}/promote", status=404)
    assert (await send(root, f"{base}/promote")).status_code == 404
    assert (await send(root, f"{base}/keep")).status_code == 404


async def test_the_texts_to_delete_are_chosen_and_the_password_is_asked_for(app: Service) -> None:
    root = await a_person(app, "Root", duties=[("administrator", None)])
    ulla = await a_person(app, "Ulla")
    path = f"/admin/members/{ulla.handle}/erase"
    wrong = await send(root, path, texts="delete", own_password="not the right one")
    assert wrong.status_code == 403 and "checked" in wrong.text
    assert await raw_sql(app.db).fetchval("SELECT count(*) FROM erasures WHERE member_id = $1", ulla.id) == 0
