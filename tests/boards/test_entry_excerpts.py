"""Entries in the language of the reader where their posts are shown without the stock-take."""

import io
from typing import Any
from zipfile import ZipFile

import pytest

from boards.entries.entry_excerpts import entry_for_reader, entry_source_for_reader
from core.languages.languages import all_languages
from core.languages.texts import speaking
from tests.support.boards import LONG_AGO, a_board
from tests.support.pages import open_page
from tests.support.people import Person, a_person
from tests.support.service import Service, raw_sql

STORED = (
    "<p><strong>Country: France</strong></p>\n<p><strong>What it is about:</strong></p>\n<p>Two &amp; two.</p>\n"
    "<p><strong>Materials:</strong> Cobalt, Rare earths</p>\n"
    "<p><strong>Country:</strong> Congo, Democratic Republic of the</p>\n"
    "<p><strong>Since when:</strong> 2021-03-01</p>\n"
    "<p><strong>Our own field:</strong> Cobalt</p>\n<p><strong>Organisation:</strong> Tin &amp; Co</p>"
)


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        (
            "fr",
            ("Matières\u00a0:</strong> Cobalt, Terres rares<", "Congo-Kinshasa<", "1 mars 2021<"),
        ),
        ("zh", ("材料：</strong> 钴、稀土<", "国家：</strong> 刚果（金）<", "组织：</strong> Tin &amp; Co<")),
        ("en", ("Materials:</strong> Cobalt, Rare earths<", "What it is about:</strong></p>")),
    ],
)
async def test_labels_of_templates_terms_and_countries_are_translated(
    app: Service, tag: str, said: tuple[str, ...]
) -> None:
    with speaking(all_languages()[tag]):
        shown = entry_for_reader(STORED)
    as_written = ("<strong>Country: France<", "<strong>Our own field:</strong> Cobalt<", "Two &amp; two.")
    for words in (*said, *as_written):
        assert words in shown, shown


SOURCE = (
    "**Country: France**\n\n**What it is about:**\n\nTwo & two.\n\n**Materials:** Cobalt, Rare earths\n\n"
    "**Since when:** 2021-03-01\n\n**Our own field:** Cobalt"
)


async def test_the_source_of_an_entry_has_the_labels_of_the_reader(app: Service) -> None:
    with speaking(all_languages()["fr"]):
        shown = entry_source_for_reader(SOURCE)
    assert shown == (
        "**Country: France**\n\n**De quoi il s’agit\u00a0:**\n\nTwo & two.\n\n**Matières\u00a0:** Cobalt, Terres rares\n\n"
        "**Depuis quand\u00a0:** 1 mars 2021\n\n**Our own field:** Cobalt"
    )
    assert entry_source_for_reader(SOURCE) == SOURCE


async def an_entry(app: Service) -> tuple[Person, dict[str, Any]]:
    """Add an entry to a stock-take of a template; return its author and the entry."""
    table = await a_board(app)
    new = {"title": "Initiatives", "template": "initiatives", "opens_at": LONG_AGO}
    board = (await table.curator.post("/sectors/mobility/boards", new)).json()["id"]
    fields = {"title": "Smelter lists", "level": "micro", "country": "DE", "since": "2024-03-05"}
    entry = await table.member.post(f"/boards/{board}/entries", {"fields": fields})
    assert entry.status_code == 201, entry.text
    await app.run_jobs()
    return table.member, entry.json()


FRENCH = ("Niveau\u00a0:", "Entreprise", "Pays\u00a0:", "Allemagne", "Depuis quand\u00a0:", "5 mars 2024")


async def test_feeds_topics_and_files_show_an_entry_in_the_language_of_the_reader(app: Service) -> None:
    member, entry = await an_entry(app)
    topic = entry["topic"]
    for path in (
        "/feeds/sectors/mobility.atom",
        f"/feeds/topics/{topic}.atom",
        "/feeds/search.atom?q=smelter",
        f"/t/{topic}",
        f"/api/v1/topics/{topic}/posts",
        f"/api/v1/topics/{topic}/export.md",
    ):
        answer = await member.client.get(path, headers={"Accept-Language": "fr"}, follow_redirects=True)
        shown = answer.text.replace("&amp;nbsp;", "\u00a0").replace("&nbsp;", "\u00a0")
        assert [words for words in FRENCH if words not in shown] == [], (path, shown)
        assert "Germany" not in shown and "Since when" not in shown and "2024-03-05" not in shown, path


async def test_a_feed_with_a_key_is_in_the_language_of_its_member(app: Service) -> None:
    member, entry = await an_entry(app)
    key = (await member.post("/me/feed-key")).json()["key"]
    await member.patch("/me/profile", {"letters_in": "fr"})
    address = f"/feeds/topics/{entry['topic']}.atom"
    async with app.client() as program:
        assert "Allemagne" in (await program.get(f"{address}?key={key}")).text
        assert "Deutschland" in (await program.get(f"{address}?key={key}&lang=de")).text
        assert "Germany" in (await program.get(address)).text


async def test_a_member_takes_entries_along_in_their_language(app: Service) -> None:
    member, entry = await an_entry(app)
    await member.patch("/me/profile", {"letters_in": "fr"})
    assert (await member.delete(f"/entries/{entry['id']}")).status_code in (200, 204)
    with ZipFile(io.BytesIO((await member.client.get("/api/v1/me/export.zip")).content)) as packed:
        readable, stored, readme = (
            packed.read(name).decode() for name in ("posts.md", "posts.json", "README.md")
        )
    assert [words for words in FRENCH if words not in readable] == [], readable
    assert ", Retiré" in readable and "withdrawn" not in readable, readable
    assert f"{entry['added_at'][:4]}-" not in readable + readme, "days are written as in French"
    assert '"state":"withdrawn"' in stored and "**Country:** Germany" in stored and "topic_kind" not in stored
    assert readme.startswith("# Ce que ")


async def test_searches_profiles_and_notifications_show_an_entry_in_the_language_of_the_reader(
    app: Service,
) -> None:
    table = await a_board(app)
    new = {"title": "Initiatives", "template": "initiatives", "opens_at": LONG_AGO}
    board = (await table.curator.post("/sectors/mobility/boards", new)).json()["id"]
    fields = {"title": "Smelter lists", "level": "micro", "country": "DE"}
    entry = await table.member.post(f"/boards/{board}/entries", {"fields": fields})
    assert entry.status_code == 201, entry.text
    reader = await a_person(app, "Reader")
    await app.run_jobs()
    await raw_sql(app.db).execute(
        "INSERT INTO notifications (member_id, kind, reason, topic_id, post_id, told_at)"
        " SELECT $1, 'posted', 'You follow this.', topic_id, id, posted_at FROM posts WHERE id = $2",
        reader.id,
        entry.json()["post"],
    )
    for path in ("/search?q=smelter", f"/members/{table.member.handle}/posts", "/inbox"):
        shown = (await reader.client.get(f"/api/v1{path}", headers={"Accept-Language": "fr"})).text.replace(
            "\u00a0", " "
        )
        assert "Niveau : Entreprise" in shown and "Pays : Allemagne" in shown, shown
        assert "Level" not in shown and "Germany" not in shown, path

    matrix = await open_page(reader, f"/b/{board}/matrix?lang=fr")
    assert "Extraction" in matrix or "Exploitation minière" in matrix
    assert "Mining" not in matrix and "Social and human rights" not in matrix
