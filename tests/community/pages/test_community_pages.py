"""Community pages: versions, who may write them, what of them is safe, and what people accept when they join."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from tests.support.pages import BROWSER, open_page, send
from tests.support.people import Person, a_person
from tests.support.service import Service, raw_sql

PASSWORD = "three unrelated words"


@pytest.fixture
async def root(app: Service) -> AsyncIterator[Person]:
    await raw_sql(app.db).execute("DELETE FROM community_pages")
    _notice(app)
    yield await a_person(app, "Root", duties=[("administrator", None)])
    # In other tests nobody has to accept anything.
    await raw_sql(app.db).execute("DELETE FROM community_pages")
    _notice(app)


def _notice(app: Service) -> None:
    """Let each process read the community pages again, as it does after 1.5 s."""
    for context in app.contexts:
        context.current.forget()


async def publish(root: Person, page: str, version: int, **texts: str) -> httpx2.Response:
    answer = await root.put(f"/community-pages/{page}", {"version": version, "texts": texts})
    _notice(root.service)
    return answer


async def test_versions_follow_each_other_and_old_ones_stay(app: Service, root: Person, client: Any) -> None:
    first = await publish(root, "rules", 0, en="Be **kind**.")
    assert first.status_code == 200 and "<strong>kind</strong>" in first.json()["html"]["en"]
    assert (await publish(root, "rules", 0, en="Be rude.")).status_code == 412, "somebody else was faster"
    assert (await publish(root, "rules", 1, en="Be **kind**.")).json()["version"] == 1, "nothing changes"
    assert (await publish(root, "rules", 1, en="Be kind and brief.")).json()["version"] == 2
    old = (await client.get("/api/v1/community-pages/rules", params={"version": 1})).json()
    assert (old["version"], old["newest"], old["texts"]["en"]) == (1, 2, "Be **kind**.")
    listed = (await client.get("/api/v1/community-pages")).json()["items"]
    assert [(one["page"], one["version"]) for one in listed] == [("rules", 2)]
    assert (await client.get("/api/v1/community-pages/terms")).status_code == 404
    kind = "SELECT count(*) FROM audit WHERE kind = 'community_page_published' AND by_id = $1"
    assert await raw_sql(app.db).fetchval(kind, root.id) == 2


async def test_scripts_do_not_get_into_a_page_and_nobody_else_writes_one(app: Service, root: Person) -> None:
    made = await publish(root, "imprint", 0, en="We <script>alert(1)</script> [are](javascript:alert(1))")
    html = made.json()["html"]["en"]
    assert "<script" not in html and "javascript:" not in html
    mod = await a_person(app, "Mod", duties=[("moderator", "mobility")])
    assert (await publish(mod, "imprint", 1, en="Ours.")).json()["code"] == "administrators_only"
    assert (await root.put("/community-pages/manifesto", {"version": 0, "texts": {}})).status_code in (
        400,
        404,
    )


async def test_an_empty_page_is_taken_down(app: Service, root: Person, client: httpx2.AsyncClient) -> None:
    await publish(root, "imprint", 0, en="Who we are.")
    assert 'href="/about/imprint"' in await open_page(client, "/help")
    await publish(root, "imprint", 1)
    assert 'href="/about/imprint"' not in await open_page(client, "/help")
    await open_page(client, "/about/imprint", status=404)


async def test_readers_get_their_language_or_the_first_one(root: Person, client: httpx2.AsyncClient) -> None:
    await publish(root, "rules", 0, en="Be kind.", fr="Soyez aimables.")
    french = (await client.get("/about/rules", headers=BROWSER | {"Accept-Language": "fr"})).text
    assert "Soyez aimables." in french and 'lang="fr"' in french
    german = (await client.get("/about/rules", headers=BROWSER | {"Accept-Language": "de"})).text
    assert "Be kind." in german and 'lang="en" dir="ltr"' in german


async def test_whoever_joins_accepts_the_versions_in_force(app: Service, root: Person) -> None:
    await publish(root, "rules", 0, en="Be kind.")
    await publish(root, "terms", 0, en="No warranty.")
    await publish(root, "imprint", 0, en="Us.")
    given = {"handle": "joiner-a", "email": "joiner-a@example.org", "password": PASSWORD}
    async with app.client() as browser:
        page = await open_page(browser, "/register")
        assert 'name="accepted"' in page and 'href="/about/terms"' in page
        refused = await send(browser, "/register", **given)
        assert refused.status_code == 422 and 'id="accepted-wrong"' in refused.text
        assert (await browser.post("/api/v1/accounts", json=given)).json()["code"] == "rules_not_accepted"
        assert (await send(browser, "/register", **given, accepted="1")).status_code == 303
    rows = await raw_sql(app.db).fetch(
        "SELECT c.page, c.version FROM consents c JOIN members m ON m.id = c.member_id WHERE m.handle = 'joiner-a'"
    )
    assert sorted(map(tuple, rows)) == [("rules", 1), ("terms", 1)]


async def test_members_are_told_once_of_a_change(app: Service, root: Person) -> None:
    mia = await a_person(app, "Mia")
    await publish(root, "rules", 0, en="Be kind.")
    assert "Changed since you last looked" in await open_page(mia, "/")
    assert "Changed since" not in await open_page(app.client(), "/"), "visitors are not told"
    dismissed = await send(mia, "/about/seen")
    assert dismissed.status_code == 303
    assert "Changed since" not in await open_page(mia, "/")

    quiet = {"version": 1, "texts": {"en": "Be kind!"}, "is_announced": False}
    assert (await root.put("/community-pages/rules", quiet)).status_code == 200
    _notice(app)
    assert "Changed since" not in await open_page(mia, "/")
    assert "In force since" in await open_page(mia, "/about/rules")
    assert "Earlier version" in await open_page(mia, "/about/rules?version=1")


async def test_the_form_keeps_what_was_typed_and_other_languages(app: Service, root: Person) -> None:
    await publish(root, "rules", 0, en="Be kind.", eo="Estu afabla.")
    page = await open_page(root, "/admin/pages/rules")
    assert "Be kind." in page and 'value="1"' in page
    shown = await send(root, "/admin/pages/rules", version="1", text_en="Be **brief**.", preview="1")
    assert shown.status_code == 200 and "<strong>brief</strong>" in shown.text
    saved = await send(root, "/admin/pages/rules", version="1", text_en="Be brief.", is_announced="1")
    assert saved.headers["location"] == "/admin/pages?done=published"
    newest = (await root.get("/community-pages/rules")).json()
    assert newest["texts"] == {"en": "Be brief.", "eo": "Estu afabla."}
    late = await send(root, "/admin/pages/rules", version="1", text_en="Mine.")
    assert late.status_code == 412 and "Mine." in late.text
