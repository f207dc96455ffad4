"""The language of a text: chosen in the composer, with or without scripts, and corrected on a page of its own."""

import re

from tests.support.pages import open_page, send
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.service import Service

FRENCH = "Comment les fonderies tracent-elles l'origine du cobalt ?"


async def _languages(person: Person, topic: int) -> list[str | None]:
    shown = (await person.get(f"/topics/{topic}/posts", params={"order": "time"})).json()["items"]
    return [post["language"] for post in shown]


def _offered(page: str) -> list[str]:
    select = re.search(r'<select id="language".*?</select>', page, re.S)
    assert select, page
    return re.findall(r'<option value="([^"]*)"', select[0])


async def test_each_form_for_a_text_takes_its_language(app: Service) -> None:
    amina = await a_person(app)
    started = await send(amina, "/s/mobility/new", title="Kobalt", body=FRENCH, language="de")
    assert started.status_code == 303
    topic = int(re.search(r"/t/(\d+)/", started.headers["location"])[1])  # type: ignore[index]
    await send(amina, f"/t/{topic}/reply", body=FRENCH, language="es")
    await send(amina, f"/t/{topic}/reply", body=FRENCH, language="")
    assert await _languages(amina, topic) == ["de", "es", "fr"]
    first = (await amina.get(f"/topics/{topic}/posts")).json()["items"][0]["id"]
    await send(amina, f"/p/{first}/reply", body=FRENCH, language="pt")
    await send(amina, f"/p/{first}/edit", body=f"{FRENCH} Merci.", language="en")
    assert await _languages(amina, topic) == ["en", "es", "fr", "pt"]


async def test_a_preview_keeps_the_choice(app: Service) -> None:
    amina = await a_person(app)
    topic = (await a_topic(amina))["id"]
    shown = await send(amina, f"/t/{topic}/reply", body=FRENCH, language="es", preview="1")
    assert '<option value="es" lang="es" selected>' in shown.text


async def test_the_authors_own_languages_come_first(app: Service) -> None:
    amina = await a_person(app)
    changed = await amina.patch("/me/profile", {"languages": ["pt", "ar"]})
    assert changed.status_code == 200, changed.text
    offered = _offered(await open_page(amina, "/s/mobility/new"))
    assert sorted(offered[1:3]) == ["ar", "pt"] and offered[0] == ""
    assert len(offered) == len(set(offered)) > 5


async def test_authors_and_moderators_correct_it_on_a_page(app: Service) -> None:
    author, other = await a_person(app), await a_person(app, "Other")
    moderator = await a_person(app, "Moderator", duties=[("moderator", "mobility")])
    topic = (await a_topic(author))["id"]
    post = (await a_reply(author, topic, FRENCH))["id"]
    address = f"/p/{post}/language"
    assert '<option value="fr" selected>' in await open_page(author, address)
    assert (await send(other, address, language="de")).status_code == 403
    assert (await send(author, address, language="de")).status_code == 303
    assert (await _languages(author, topic))[1] == "de"
    assert (await send(moderator, address, language="")).status_code == 303
    assert (await _languages(author, topic))[1] == "fr"
    for person, links in ((author, 2), (moderator, 2), (other, 0)):
        page = (await open_page(person, f"/t/{topic}/cobalt-tracing")).partition("<template")[0]
        assert len(re.findall(r'href="/p/\d+/language"', page)) == links
    assert f'<div class="said" dir="auto" lang="fr"><p>{FRENCH[:10]}' in await open_page(
        other, f"/t/{topic}/cobalt-tracing"
    )


async def test_titles_are_in_the_language_of_the_first_post(app: Service) -> None:
    amina = await a_person(app)
    topic = (await a_topic(amina, "Origine du cobalt", FRENCH))["id"]
    await a_topic(amina, "Cobalt", "How do smelters trace the origin of cobalt?")
    page = await open_page(amina, f"/t/{topic}/origine-du-cobalt")
    assert '<h1 dir="auto" lang="fr">Origine du cobalt</h1>' in page
    rows = await open_page(amina, "/s/mobility")
    assert re.search(r'<h3 dir="auto" lang="fr"><a href="[^"]+">Origine du cobalt</a></h3>', rows)
    assert re.search(r'<h3 dir="auto"><a href="[^"]+">Cobalt</a></h3>', rows)
