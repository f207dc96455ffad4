"""The pages of writing and of the search speak the language of the reader: nothing on them is left in English."""

from datetime import timedelta

import pytest

from core import clock
from tests.support.moderation.filters import FilteredTopic, filtered
from tests.support.pages import BROWSER, open_page
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.pseudo_pages import accented, english_in
from tests.support.service import Service

__all__ = ["accented", "filtered"]
# What members write here is Greek, so that each Latin letter outside the brackets of the pseudo-language is ours.
TITLE, WORDS = "Κοβάλτιο", "Ποιο σχήμα;"


async def shown(person: Person, path: str, status: int = 200) -> None:
    page = await open_page(person, f"{path}{'&' if '?' in path else '?'}lang=xa", status)
    assert english_in(page) == [], path


@pytest.mark.usefixtures("accented")
async def test_pages_of_a_post_have_no_english_left(app: Service) -> None:
    author, other = await a_person(app, "Νίκη"), await a_person(app, "Πέτρος")
    topic = (await a_topic(author, TITLE, WORDS))["id"]
    post = (await a_reply(author, topic, WORDS))["id"]
    quote = f'[quote="{author.handle}, post:{post}"]\n{WORDS}\n[/quote]\n\n{WORDS}'
    await a_reply(other, topic, quote)
    with clock.stop_at(clock.now() + timedelta(hours=1)):
        await author.client.post(f"/p/{post}/edit", data={"body": TITLE, "version": "1"}, headers=BROWSER)
    for path in (
        f"/p/{post}/reply", f"/p/{post}/edit", f"/p/{post}/withdraw", f"/p/{post}/history", f"/p/{post}/citations",
        f"/cite/posts/{post}", f"/cite/topics/{topic}",
    ):  # fmt: skip
        await shown(author, path)
    body = f"{WORDS} @{other.handle} @κανείς"
    for path, status, fields in (
        (f"/p/{post}/reply?lang=xa", 200, {"body": body, "preview": "1"}),
        (f"/p/{post}/edit?lang=xa", 412, {"body": WORDS, "version": "1"}),
        (f"/p/{post}/reply?lang=xa", 422, {"body": " "}),
    ):
        answer = await author.client.post(path, data=fields, headers=BROWSER)
        assert (answer.status_code, english_in(answer.text)) == (status, [])


@pytest.mark.usefixtures("accented")
async def test_lists_of_drafts_and_of_held_posts_have_no_english_left(filtered: FilteredTopic) -> None:
    app = filtered.app
    author = await a_person(app, "Νίκη")
    await shown(author, "/drafts")
    await shown(author, "/held")
    topic = (await a_topic(author, TITLE, WORDS))["id"]
    post = (await a_reply(author, topic, WORDS))["id"]
    for key in ("new:mobility", f"topic:{topic}", f"reply:{post}", f"edit:{post}", "reply:999999"):
        draft = {"body": WORDS, "sequence": 0, "owner": "a"}
        answer = await author.put(f"/drafts/{key}", draft)
        assert answer.status_code == 200, answer.text
    await shown(author, "/drafts")
    filtered.author = author
    filtered.topic = topic
    held = await filtered.held("casino")
    page = await open_page(author, "/held?lang=xa")
    assert english_in(page.replace("Gambling is looked at first.", "")) == []
    page = await open_page(author, f"/held/{held['id']}?lang=xa")
    assert english_in(page.replace("Gambling is looked at first.", "")) == []


@pytest.mark.usefixtures("accented")
async def test_pages_of_the_search_have_no_english_left(app: Service) -> None:
    author, other = await a_person(app, "Νίκη"), await a_person(app, "Πέτρος")
    topic = (await a_topic(author, TITLE, WORDS))["id"]
    await a_topic(other, f"{TITLE} 2", WORDS, kind="question", tags=["χρυσός"])
    await a_reply(other, topic, WORDS)
    await app.run_jobs()
    await author.post("/searches", {"query": TITLE})
    for query in ("", "?q=σχήμα", f"?q={TITLE}", "?q=σχιμα", "?q=ουδέν", "?q=in:τίποτα"):
        await shown(author, f"/search{query}")
