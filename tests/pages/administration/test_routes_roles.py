"""The page of roles."""

from tests.support.pages import BROWSER, open_page, send
from tests.support.people import a_person
from tests.support.service import Service


async def test_roles_are_assigned_and_revoked(app: Service) -> None:
    amina = await a_person(app, duties=[("administrator", None)])
    jonas = await a_person(app, "Jonas")
    assert (
        await send(amina, "/admin/duties", handle=f"@{jonas.handle}", duty="moderator mobility")
    ).status_code == 303
    page = await open_page(amina, "/admin/roles")
    assert "Moderator of Mobility" in page and jonas.handle in page
    assert (await jonas.actor()).moderates
    revoked = await send(amina, "/admin/duties", handle=jonas.handle, duty="moderator mobility", revoke="1")
    assert revoked.headers["location"] == "/admin/roles?done=revoked"
    assert not (await jonas.actor()).moderates

    last = await send(amina, "/admin/duties", handle=amina.handle, duty="administrator", revoke="1")
    assert last.status_code == 409 and "last administrator" in last.text
    unknown = await send(amina, "/admin/duties", handle="nobody-here", duty="administrator")
    assert "No member has this handle" in unknown.text
    assert (await send(amina, "/admin/duties", handle=jonas.handle, duty="king")).status_code == 422
    assert (await jonas.client.get("/admin", headers=BROWSER)).status_code == 403


async def test_roles_are_changed_on_the_page_of_an_account_too(app: Service) -> None:
    amina = await a_person(app, duties=[("administrator", None)])
    jonas = await a_person(app, "Jonas")
    given = {"handle": jonas.handle, "duty": "moderator mobility", "back": "1"}
    granted = await send(amina, "/admin/duties", **given)
    assert granted.headers["location"] == f"/admin/members/{jonas.handle}?done=granted"
    assert "the role Moderator of Mobility" in await open_page(amina, f"/admin/members/{jonas.handle}")
