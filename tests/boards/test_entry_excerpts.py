"""Entries in the language of the reader where their posts are shown without the stock-take."""

import pytest

from boards.entries.entry_excerpts import entry_for_reader
from core.languages.languages import all_languages
from core.languages.texts import speaking
from tests.support.boards import LONG_AGO, a_board
from tests.support.pages import open_page
from tests.support.people import a_person
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
