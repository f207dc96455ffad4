"""Registration, sign-in, settings and roles with plain forms."""

import re

import httpx2

from core.ids import MemberId
from members.accounts.accounts import offer_founders_link
from members.emails import mailed_links
from storage.statements import statement
from tests.support.pages import BROWSER, open_page, send
from tests.support.people import a_person
from tests.support.service import Service

PASSWORD = "a sentence nobody guesses"


def cookie_of(response: httpx2.Response) -> str:
    """Return the session token in the cookie of a response."""
    found = re.match(r"tertulia=([^;]+);", response.headers["set-cookie"])
    assert found
    return found[1]


async def test_registration_signs_in_and_shows_the_next_step(
    app: Service, client: httpx2.AsyncClient
) -> None:
    joined = await send(
        client,
        "/register",
        handle="amina-k",
        display_name="Amina",
        email="amina-k@example.org",
        password=PASSWORD,
    )
    assert joined.status_code == 303 and joined.headers["location"] == "/settings?done=welcome"
    assert "HttpOnly" in joined.headers["set-cookie"] and "SameSite=lax" in joined.headers["set-cookie"]
    async with app.client() as browser:
        browser.cookies.set("tertulia", cookie_of(joined))
        page = await open_page(browser, "/settings?done=welcome")
        assert "Your e-mail address is not confirmed yet" in page and "amina-k@example.org" in page
        ended = await browser.post("/signout", headers={**BROWSER, "Sec-Fetch-Site": "same-origin"})
        assert ended.headers["location"] == "/?done=signed-out"
        assert (await browser.get("/settings", headers=BROWSER)).status_code == 401


async def test_joining_returns_to_the_previous_page(client: httpx2.AsyncClient) -> None:
    signin = await open_page(client, "/signin?next=/g/1?a=b%26c")
    assert 'href="/register?next=/g/1%3Fa%3Db%26c"' in signin
    assert 'name="next" value="/g/1?a=b&amp;c"' in await open_page(client, "/register?next=/g/1%3Fa%3Db%26c")
    given = {"email": "amina-n@example.org", "password": PASSWORD}
    refused = await send(client, "/register", handle="admin", next="/r/7", **given)
    assert refused.status_code == 422 and 'name="next" value="/r/7"' in refused.text
    joined = await send(client, "/register", handle="amina-n", next="/r/7", **given)
    assert joined.headers["location"] == "/r/7?done=welcome"
    client.cookies.clear()
    given["email"] = "amina-o@example.org"
    away = await send(client, "/register", handle="amina-o", next="//evil.example", **given)
    assert away.headers["location"] == "/settings?done=welcome"


async def test_signing_in_returns_to_the_previous_page_of_this_site(
    app: Service, client: httpx2.AsyncClient
) -> None:
    given = {"handle": "amina-s", "email": "amina-s@example.org", "password": PASSWORD}
    assert (await send(client, "/register", **given)).status_code == 303
    client.cookies.clear()
    assert 'name="next" value="/s/mobility/new"' in await open_page(client, "/signin?next=/s/mobility/new")
    assert 'name="next" value="/"' in await open_page(client, "/signin?next=//evil.example")

    wrong = await send(client, "/signin", login="amina-s", password="not the one", next="/")
    assert wrong.status_code == 401 and 'value="amina-s"' in wrong.text and "not the one" not in wrong.text
    right = await send(client, "/signin", login="amina-s", password=PASSWORD, next="/s/mobility/new")
    assert right.headers["location"] == "/s/mobility/new"
    client.cookies.clear()
    away = await send(client, "/signin", login="amina-s", password=PASSWORD, next="https://evil.example")
    assert away.headers["location"] == "/"


async def test_a_refused_registration_keeps_its_values_except_the_password(
    app: Service, client: httpx2.AsyncClient
) -> None:
    refused = await send(client, "/register", handle="admin", email="a@example.org", password=PASSWORD)
    assert refused.status_code == 422
    assert 'value="a@example.org"' in refused.text and PASSWORD not in refused.text
    assert "This name is not available" in refused.text and "set-cookie" not in refused.headers


async def test_links_in_emails_are_used_by_a_button_not_by_opening(
    app: Service, client: httpx2.AsyncClient
) -> None:
    page = await open_page(client, "/verify/some-token")
    assert 'name="token" value="some-token"' in page and 'method="post" action="/verify"' in page
    assert (await send(client, "/verify", token="some-token")).status_code == 422
    asked = await send(client, "/reset", email="nobody@example.org")
    assert asked.headers["location"] == "/signin?done=reset", (
        "the answer does not tell whether the address is known"
    )
    assert (await send(client, "/reset", token="nonsense", password=PASSWORD)).status_code == 422


async def test_the_page_that_confirms_an_address_names_the_account(
    app: Service, client: httpx2.AsyncClient
) -> None:
    amina = await a_person(app, "Amina", verified=False)
    async with app.db.begin() as tx:
        await mailed_links.request_link(tx, "verify", "someone@example.org", MemberId(amina.id))
        link = await tx.value(statement("SELECT max(id) FROM mailed_links"))
        requested = await mailed_links.find_requested_link(tx, link)
        assert requested is not None
        token = await mailed_links.activate_link(tx, link, requested, MemberId(amina.id))
    page = await open_page(client, f"/verify/{token}")
    assert f"@{amina.handle}" in page and "someone@example.org" in page
    assert 'action="/verify"' in page
    assert "someone@example.org" not in await open_page(client, "/verify/some-token")


async def test_the_first_visitor_becomes_administrator_once(app: Service, client: httpx2.AsyncClient) -> None:
    async with app.db.begin() as tx:
        token = await offer_founders_link(tx)
    assert token
    given = {"handle": "amina-first", "email": "amina-first@example.org", "password": PASSWORD}
    page = await open_page(client, f"/claim-admin?token={token}")
    assert "first administrator of the community" in page and f'name="token" value="{token}"' in page
    short = await send(client, "/claim-admin", token=token, **given | {"password": "short"})
    assert short.status_code == 422 and f'name="token" value="{token}"' in short.text, (
        "a refused try costs nothing"
    )

    made = await send(client, "/claim-admin", token=token, **given)
    assert made.status_code == 303 and made.headers["location"] == "/admin"
    assert "amina-first" in await open_page(client, "/admin")
    client.cookies.clear()
    again = await send(client, "/claim-admin", token=token, **given | {"handle": "amina-second"})
    assert again.status_code == 422
    assert (await client.get("/claim-admin?token=guess", headers=BROWSER)).status_code == 422


async def test_profiles_show_only_what_their_owner_publishes(
    app: Service, client: httpx2.AsyncClient
) -> None:
    amina = await a_person(app)
    saved = await send(
        amina, "/settings/profile", display_name="Amina K.", organisation="Kabongo & Partners", country="CD",
        stakeholder_group="civil-society", sectors=["mobility"], public=["organisation", "sectors"], about="",
    )  # fmt: skip
    assert saved.headers["location"] == "/settings?done=profile"
    page = await open_page(client, f"/m/{amina.handle}")
    assert "Amina K." in page and "Kabongo &amp; Partners" in page and "Mobility" in page
    assert "Civil society" not in page and "Congo" not in page
    own = await open_page(amina, "/settings")
    assert 'value="civil-society" selected' in own and 'value="CD" selected' in own

    refused = await send(amina, "/settings/profile", display_name="Amina", country="XX")
    assert refused.status_code == 422


async def test_sessions_are_listed_and_ended(app: Service) -> None:
    amina = await a_person(app)
    page = await open_page(amina, "/settings")
    assert "This session" in page
    assert (await send(amina, "/settings/sessions", revoke="9999999")).status_code == 404
    assert (await send(amina, "/settings/sessions", revoke="x")).status_code == 422


async def test_a_member_signs_out_of_all_other_sessions(app: Service, client: httpx2.AsyncClient) -> None:
    given = {"handle": "amina-e", "email": "amina-e@example.org", "password": PASSWORD}
    joined = await send(client, "/register", **given)
    async with app.client() as here, app.client() as there:
        here.cookies.set("tertulia", cookie_of(joined))
        assert "Sign out everywhere else" not in await open_page(here, "/settings")
        there.cookies.set(
            "tertulia", cookie_of(await send(there, "/signin", login="amina-e", password=PASSWORD, next="/"))
        )
        assert "Sign out everywhere else" in await open_page(here, "/settings")
        same = {**BROWSER, "Sec-Fetch-Site": "same-origin"}
        ended = await here.post("/settings/sessions", data={"revoke": "others"}, headers=same)
        assert ended.headers["location"] == "/settings?done=sessions"
        assert (await there.get("/settings", headers=BROWSER)).status_code == 401
        assert "You are signed out everywhere else." in await open_page(here, "/settings?done=sessions")
