"""Titles of rooms and sessions in several languages: written by form or API, and shown to each reader."""

import re
from datetime import timedelta

import pytest

from core import clock
from tests.support.emails.lanes import send_digests
from tests.support.pages import open_page
from tests.support.people import a_person
from tests.support.rooms.open_room import OpenRoom
from tests.support.rooms.questions import moved
from tests.support.rooms.records import close
from tests.support.service import Service, raw_sql

PLAN = {
    "starts_at": "2099-01-10T14:00:00Z",
    "ends_at": "2099-01-10T15:00:00Z",
    "title": "Opening",
    "about": "Words of welcome.",
}
OUVERTURE = {"title": "Ouverture & accueil", "description": "Mots de bienvenue."}


async def name_room(open_room: OpenRoom, **titles: str) -> None:
    wanted = {tag: {"title": title} for tag, title in titles.items()}
    changed = await open_room.host.patch(f"/rooms/{open_room.room}", {"translations": wanted})
    assert changed.status_code == 200 and changed.json()["translations"] == wanted, changed.text


async def test_a_room_has_its_name_in_the_language_of_the_reader(open_room: OpenRoom) -> None:
    await name_room(open_room, fr="Salle <plénière>")
    read = (await open_room.visitor.get(f"/rooms/{open_room.room}")).json()
    assert (read["title"], read["translations"]) == ("Plenary", {"fr": {"title": "Salle <plénière>"}})
    topic = (await open_room.visitor.get(f"/topics/{open_room.topic}")).json()
    assert (topic["title"], topic["titles"]) == ("Plenary", {"fr": "Salle <plénière>"})

    room, host = f"/r/{open_room.room}", open_room.host
    handle = (await host.get("/me")).json()["handle"]
    public = (
        room,
        f"{room}/stage",
        f"/g/{open_room.gathering}",
        f"/t/{open_room.topic}/plenary",
        "/g",
        "/s/mobility",
        f"/m/{handle}",
    )
    for who, address in [
        *((open_room.visitor, address) for address in public),
        *((host, f"{room}/{page}") for page in ("host", "settings", "polls", "translations")),
    ]:
        page = await open_page(who.client, f"{address}?lang=fr")
        # The form has the original, and so has the first post.
        others = re.sub(r'value="Plenary"|«(?:\s|&nbsp;)Plenary(?:\s|&nbsp;)»', "", page)
        assert "Salle &lt;plénière&gt;" in page and "Plenary" not in others, address
        assert "Plenary" in await open_page(who.client, f"{address}?lang=de"), address


async def test_a_session_has_its_name_in_the_language_of_the_reader(open_room: OpenRoom) -> None:
    plan = PLAN | {"room": open_room.room}
    session = (await open_room.host.post(f"/gatherings/{open_room.gathering}/sessions", plan)).json()
    changed = await open_room.host.patch(f"/programme/{session['id']}", {"translations": {"fr": OUVERTURE}})
    assert changed.status_code == 200 and changed.json()["translations"] == {"fr": OUVERTURE}, changed.text
    assert changed.json()["title"] == "Opening"
    await name_room(open_room, fr="Salle plénière")

    page = await open_page(open_room.visitor.client, f"/g/{open_room.gathering}?lang=fr")
    assert "Ouverture &amp; accueil" in page and "Mots de bienvenue." in page and "Opening" not in page
    calendar = f"/feeds/gatherings/{open_room.gathering}.ics"
    french = (await open_room.visitor.client.get(calendar, headers={"Accept-Language": "fr"})).text
    assert "SUMMARY:Ouverture & accueil" in french and "LOCATION:Salle plénière" in french
    assert (
        "SUMMARY:Opening"
        in (await open_room.visitor.client.get(calendar, headers={"Accept-Language": "de"})).text
    )


@pytest.mark.parametrize("what", ["room", "session"])
async def test_the_forms_write_the_languages_of_the_community(open_room: OpenRoom, what: str) -> None:
    host, path = open_room.host, f"/rooms/{open_room.room}"
    form = f"/r/{open_room.room}/translations"
    if what == "session":
        made = await host.post(f"/gatherings/{open_room.gathering}/sessions", PLAN)
        path = f"/programme/{made.json()['id']}"
        form = f"/programme/{made.json()['id']}/translations"
    await host.patch(path, {"translations": {"it": {"title": "Apertura"}, "fr": {"title": "Ouverture"}}})
    page = await open_page(host.client, form)
    assert 'value="Ouverture"' in page and ('name="description_ar"' in page) == (what == "session")

    typed = {"version": str((await host.get(path)).json()["version"]), "title_ar": "الافتتاح"}
    refused = await host.client.post(form, data=typed | {"title_de": "ab"})
    assert refused.status_code == 422 and "الافتتاح" in refused.text and 'id="title_de-wrong"' in refused.text
    saved = await host.client.post(form, data=typed, follow_redirects=False)
    assert saved.status_code == 303, saved.text
    kept = (await host.get(path)).json()["translations"]
    assert {tag: one["title"] for tag, one in kept.items()} == {"ar": "الافتتاح", "it": "Apertura"}
    assert (await host.client.post(form, data=typed)).status_code == 412
    assert (await host.patch(path, {"translations": {"fr": {"title": "ab"}}})).status_code == 422


async def test_search_finds_a_room_by_each_name_and_shows_that_of_the_reader(open_room: OpenRoom) -> None:
    await name_room(open_room, fr="Zirconium et hafnium")
    await open_room.app.run_jobs()
    for query in ("hafnium", "plenary"):
        found = await open_page(open_room.visitor.client, f"/search?q={query}&lang=fr")
        assert "Zirconium et hafnium" in found, query
    assert "Zirconium" not in await open_page(open_room.visitor.client, "/search?q=plenary&lang=de")
    feed = (
        await open_room.visitor.client.get(
            f"/feeds/topics/{open_room.topic}.atom", headers={"Accept-Language": "fr"}
        )
    ).text
    assert "Zirconium et hafnium" in feed and "Plenary" not in feed.replace(
        "«&amp;nbsp;Plenary&amp;nbsp;»", ""
    )


async def test_notifications_and_mails_name_a_room_for_their_recipient(open_room: OpenRoom) -> None:
    await name_room(open_room, fr="Salle plénière")
    asker = await open_room.member()
    await raw_sql(open_room.db).execute("UPDATE members SET letters_in = 'fr' WHERE id = $1", asker.id)
    await asker.patch("/me/mail", {"direct": "at_once", "followed": "at_once"})
    question = await open_room.ask(asker, "Why?")
    await close(open_room)
    await moved(open_room, question, "answered")
    await open_room.app.run_jobs()

    (told,) = (await asker.get("/inbox")).json()["items"]
    assert told["title"] == "Salle plénière" and "Salle plénière" in told["reason"]
    with clock.stop_at(clock.now() + timedelta(minutes=11)):
        mails = await send_digests(open_room.db)
    (mail,) = [mail for mail in mails if "Salle plénière" in mail.text]
    assert "Plenary" not in mail.text + mail.subject


async def test_notifications_name_an_event_for_their_recipient(app: Service) -> None:
    host = await a_person(app, "Hana", duties=[("administrator", None)])
    reader = await a_person(app, "Reader")
    await reader.put("/sectors/mobility/following", {"level": "watching_first_post"})
    event = {"sector": "mobility", "title": "Cobalt", "time_zone": "UTC"}
    times = {"starts_at": PLAN["starts_at"], "ends_at": PLAN["ends_at"]}
    gathering = (await host.post("/gatherings", event | times)).json()["id"]
    await app.run_jobs()
    await host.patch(f"/gatherings/{gathering}", {"translations": {"fr": {"title": "Le cobalt"}}})

    read = await reader.client.get("/inbox", headers={"accept-language": "fr", "accept": "text/html"})
    assert "Le cobalt" in read.text and ">Cobalt<" not in read.text
