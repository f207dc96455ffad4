"""Settings of the community: they win over the file, everywhere and at once, and can be reset."""

import re

import httpx2
import pytest

from members.emails.email_jobs import PASSWORD_CHANGED
from tests.support.emails.lanes import SentEmails, a_lane, queue_for
from tests.support.pages import BROWSER, open_page, send
from tests.support.people import Person, a_person
from tests.support.service import Service, raw_sql


@pytest.fixture
async def root(app: Service) -> Person:
    notice(app)
    return await a_person(app, "Root", duties=[("administrator", None)])


def notice(app: Service) -> None:
    """Let each process read the settings again, as it does after 1.5 s."""
    for context in app.contexts:
        context.current.forget()


async def test_the_name_is_on_pages_in_citations_and_in_emails(
    app: Service, root: Person, client: httpx2.AsyncClient
) -> None:
    before = await open_page(client, "/help")
    texts = {"en": "Tin & Cobalt", "fr": "Étain et cobalt"}
    assert (await root.put("/community-settings/name", {"texts": texts})).status_code == 200
    notice(app)
    assert "<title>Help · Tin &amp; Cobalt</title>" in (page := await open_page(client, "/help")).replace(
        "Help and keyboard shortcuts", "Help"
    ), page[:600]
    french = (await client.get("/help", headers=BROWSER | {"Accept-Language": "fr"})).text
    assert "Étain et cobalt" in french

    sent = SentEmails()
    await queue_for(app.db, root.id, kind=PASSWORD_CHANGED)
    await a_lane(app.db, sent.post).send_due()
    assert "(Tin & Cobalt)" in sent.emails[-1].subject and sent.emails[-1].sender == "Tin & Cobalt"
    await root.patch("/me/profile", {"letters_in": "fr"})
    await queue_for(app.db, root.id, "test/2", kind=PASSWORD_CHANGED)
    await a_lane(app.db, sent.post).send_due()
    letter = sent.emails[-1]
    assert "(Étain et cobalt)" in letter.subject and letter.sender == "Étain et cobalt"
    assert "\nÉtain et cobalt\n" in letter.text

    assert (await root.delete("/community-settings/name/change")).status_code == 204
    notice(app)
    assert await open_page(client, "/help") == before
    assert (await root.delete("/community-settings/name/change")).status_code == 404
    kinds = await raw_sql(app.db).fetch("SELECT kind FROM audit WHERE by_id = $1 ORDER BY number", root.id)
    assert [row["kind"] for row in kinds] == ["setting_changed", "setting_reset"]


async def test_one_language_is_enough(app: Service, root: Person, client: httpx2.AsyncClient) -> None:
    assert (await root.put("/community-settings/name", {"texts": {"ar": "منتدى القصدير"}})).status_code == 200
    assert (
        await root.put("/community-settings/welcome", {"texts": {"zh": "欢迎", "ar": "أهلًا"}})
    ).status_code == 200
    notice(app)
    for language, welcome in (("ar", "أهلًا"), ("zh", "欢迎"), ("en", "欢迎"), ("fr", "欢迎")):
        page = (await client.get("/", headers=BROWSER | {"Accept-Language": language})).text
        assert "منتدى القصدير" in page and welcome in page, language
    english = await open_page(client, "/")
    assert '<div class="said lede" lang="zh-Hans" dir="auto">' in english, "it says in which language it is"


async def test_what_is_no_name_is_refused_and_only_administrators_change_it(root: Person) -> None:
    for body in ({"texts": {}}, {"texts": {"en": "x"}}, {"texts": {"en": "two\nlines"}}):
        assert (await root.put("/community-settings/name", body)).status_code in (400, 422), body
    mod = await a_person(root.service, "Mod", duties=[("moderator", "mobility")])
    answer = await mod.put("/community-settings/welcome", {"texts": {"en": "Mine."}})
    assert answer.json()["code"] == "administrators_only"


async def test_visitors_read_the_welcome_text(app: Service, root: Person, client: httpx2.AsyncClient) -> None:
    given = {"texts": {"en": "For **miners** <script>x</script>", "ar": "للجميع"}}
    assert (await root.put("/community-settings/welcome", given)).status_code == 200
    notice(app)
    page = await open_page(client, "/")
    assert "<strong>miners</strong>" in page and "<script>x" not in page
    assert "للجميع" in (await client.get("/", headers=BROWSER | {"Accept-Language": "ar"})).text
    assert "miners" not in await open_page(root, "/"), "members know it"


async def test_the_colour_is_a_style_sheet_of_its_own(
    app: Service, root: Person, client: httpx2.AsyncClient
) -> None:
    assert "/colour/" not in await open_page(client, "/help")
    assert (await root.put("/community-settings/colour", {"colour": "red"})).status_code in (400, 422)
    assert (await root.put("/community-settings/colour", {"colour": "#aa2200"})).status_code == 200
    notice(app)
    assert 'href="/colour/aa2200.css"' in await open_page(client, "/help")
    style = await client.get("/colour/aa2200.css")
    assert style.headers["content-type"].startswith("text/css") and "--accent:oklch(" in style.text
    for name in ("aa2200", "aa22.css", "AA2200.css", "../x.css"):
        assert (await client.get(f"/colour/{name}")).status_code == 404, name


async def test_the_page_changes_one_setting_and_resets_it(app: Service, root: Person) -> None:
    page = await open_page(root, "/admin/community")
    assert 'name="name_en"' in page and "Use the value of the file again" not in page
    refused = await send(root, "/admin/community", setting="welcome", name_fr="Étain")
    assert refused.status_code in (400, 422) and "Étain" in refused.text, "a welcome text in no language"
    saved = await send(root, "/admin/community", setting="name", name_en="Tin and Cobalt")
    assert saved.headers["location"] == "/admin/community?done=saved"
    assert "Use the value of the file again" in await open_page(root, "/admin/community")
    reset = await send(root, "/admin/community", setting="name", reset="1")
    assert reset.headers["location"] == "/admin/community?done=setting-reset"
    assert (await send(root, "/admin/community", setting="king")).status_code == 422


async def test_the_form_starts_with_the_language_of_the_reader(root: Person) -> None:
    french = await root.client.get("/admin/community", headers=BROWSER | {"Accept-Language": "fr"})
    names = re.findall(r'name="name_(..)"[^>]*?value="([^"]*)"', french.text)
    assert [tag for tag, _ in names] == ["fr", "en", "de", "es", "pt", "zh", "ar"]
    assert [tag for tag, name in names if name] == ["fr"], "the name of the file, as the reader knows it"
    saved = await send(root, "/admin/community", setting="welcome", welcome_fr="Bonjour")
    assert saved.headers["location"] == "/admin/community?done=saved"
    rules = await root.client.get("/admin/pages/rules", headers=BROWSER | {"Accept-Language": "ar"})
    assert re.findall(r'name="text_(..)"', rules.text)[:2] == ["ar", "en"]
