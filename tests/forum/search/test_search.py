"""Tests of search: it finds every form of a word, and reveals nothing hidden, not even in counts."""

import httpx2
import pytest

from forum.search.indexing import count_posts_to_index, reindex_all
from forum.search.languages import detect_language
from forum.search.query_parser import QueryFilter, parse_query
from forum.search.texts import plain_text
from tests.support.moderation.hidden_posts import give_topics_reason
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.rooms.open_room import make_open_room
from tests.support.search_archive import Archive
from tests.support.service import raw_sql


@pytest.mark.parametrize(
    ("text", "words", "without", "filters"),
    [
        ("cobalt tracing", "cobalt tracing", (), ()),
        ('"chain of custody" -gold', '"chain of custody"', ("gold",), ()),
        ('-"dirty gold" tin', "tin", ('"dirty gold"',), ()),
        ("in:mobility -by:Amina", "", (), (QueryFilter("in", "mobility"), QueryFilter("by", "amina", True))),
        ("In:Mobility tag:#cobalt", "", (), (QueryFilter("in", "mobility"), QueryFilter("tag", "cobalt"))),
        ("from:amina http://a.example/b", "from:amina http://a.example/b", (), ()),
        ("before:soon after:2026-99", "soon 2026-99", (), ()),
        ('"never closed', '"never closed"', (), ()),
        ('- -- "" in: :', "in:", (), ()),
        ("", "", (), ()),
    ],
)
def test_whatever_is_typed_is_taken_apart(
    text: str, words: str, without: tuple[str, ...], filters: tuple[QueryFilter, ...]
) -> None:
    query = parse_query(text)
    assert (query.words, query.without, query.filters) == (words, without, filters)


def test_days_are_read_as_they_begin() -> None:
    query = parse_query("after:2025-03 before:2026 after:2024")
    assert query.since is not None
    assert query.until is not None
    assert (query.since.isoformat()[:10], query.until.isoformat()[:10]) == ("2025-03-01", "2026-01-01")


def test_texts_are_plain() -> None:
    assert plain_text("<p>One&amp;two</p><ul><li>three</li><li>four</li></ul>") == "One&two three four"


def test_the_language_of_a_text_is_one_of_the_community() -> None:
    known = ("ar", "de", "en", "es", "fr", "pt", "zh")
    assert detect_language("Which scheme survives an audit of the smelters?", known) == "en"
    assert detect_language("La responsabilité des entreprises minières est engagée", known) == "fr"
    assert detect_language("责任采购是一个重要的问题", known) == "zh"
    assert detect_language("Was auch immer", ("tlh",)) == "tlh"


async def test_words_are_found_in_any_form_and_language(archive: Archive) -> None:
    topic = await a_topic(archive.amina, "Tracing of cobalt", "Which schemes survive an audit?")
    await a_reply(
        archive.jonas, topic["id"], "Les entreprises minières assument leur responsabilité partout."
    )
    await a_topic(archive.amina, "责任采购", "责任采购是一个重要的问题")
    assert await archive.titles("trace scheme") == {"Tracing of cobalt"}
    assert await archive.titles("entreprise responsabilite") == {"Tracing of cobalt"}
    assert await archive.titles("责任采购") == {"责任采购"}
    assert await archive.titles("采责") == set()
    assert await archive.titles("cobalt -audit") == set()
    assert await archive.titles('"survive an audit"') == {"Tracing of cobalt"}
    assert await archive.titles('"audit survive"') == set()
    for either in ("nickel OR cobalt", "nickel | cobalt", "cobalt || nickel"):
        assert await archive.titles(either) == {"Tracing of cobalt"}


async def test_a_post_is_indexed_in_its_own_language(archive: Archive) -> None:
    """What the author chose, what was detected, and what was corrected; never another guess."""
    topic = await a_topic(
        archive.amina, "Notes", "Les mines de cobalt sont contrôlées partout", language="es"
    )

    async def languages() -> list[str]:
        await archive.app.run_jobs()
        rows = await raw_sql(archive.app.db).fetch("SELECT language FROM search_posts ORDER BY post_id")
        return [row["language"] for row in rows]

    assert await languages() == ["search_es"]
    post = await raw_sql(archive.app.db).fetchval("SELECT id FROM posts WHERE topic_id = $1", topic["id"])
    await archive.amina.put(f"/posts/{post}/language", {"language": "de"})
    assert await languages() == ["search_de"]
    await archive.amina.put(f"/posts/{post}/language", {"language": None})
    assert await languages() == ["search_fr"]


async def test_only_or_in_capitals_is_no_word(archive: Archive) -> None:
    """In French, "or" is gold; the words for it and for "and" and "not" in other languages are words, too."""
    await a_topic(archive.amina, "Recyclage", "Le cobalt et l'or recyclé")
    assert await archive.titles("or") == {"Recyclage"}
    for word in ("or", "oder", "ou", "o", "y", "e", "et", "und", "AND", "NOT", "非", "或", "أو"):
        assert await archive.titles(f"nickel {word} cobalt") == set(), word
        assert parse_query(f"{word} cobalt").words == f"{word} cobalt"
    for alone in ("OR cobalt", "cobalt OR"):
        assert await archive.titles(f"{alone} recyclé") == {"Recyclage"}
    assert await archive.titles("RECYCLAGE OR") == {"Recyclage"}


async def test_a_passage_shows_what_fits_escaped_and_one_topic_stands_once(archive: Archive) -> None:
    topic = await a_topic(archive.amina, "Smelters", "See `<script>alert(1)</script>` about smelters.")
    for n in range(3):
        await a_reply(archive.jonas, topic["id"], f"Another smelter, number {n}.")
    found = await archive.find("smelter script")
    (hit,) = found["items"]  # type: ignore[misc]
    assert "<mark>" in hit["extract"]
    assert "&lt;<mark>script</mark>&gt;alert(1)&lt;/<mark>script</mark>&gt;" in hit["extract"]
    found = await archive.find("smelter")
    (hit,) = found["items"]  # type: ignore[misc]
    assert (hit["topic"], hit["more"], found["total"]) == (topic["id"], 3, 4)
    inside = await archive.find(f"smelter topic:{topic['id']}")
    assert len(inside["items"]) == 4  # type: ignore[arg-type]


async def test_filters_narrow_and_facets_say_by_what(archive: Archive) -> None:
    await a_topic(archive.amina, "Gold here", "Gold.", tags=["audit"])
    await a_topic(archive.jonas, "Gold there", "Gold.", sector="electronics", kind="question")
    assert await archive.titles("gold in:electronics") == {"Gold there"}
    assert await archive.titles("gold -in:electronics") == {"Gold here"}
    assert await archive.titles("gold in:electronics in:mobility") == {"Gold here", "Gold there"}
    assert await archive.titles("by:me", archive.amina) == {"Gold here"}
    assert await archive.titles(f"by:{archive.jonas.handle}") == {"Gold there"}
    assert await archive.titles("tag:audit") == {"Gold here"}
    assert await archive.titles("is:question gold") == {"Gold there"}
    assert await archive.titles("is:unanswered") == {"Gold there"}
    assert await archive.titles("-is:question") == {"Gold here"}
    assert await archive.titles("gold after:2100") == set()
    found = await archive.find("gold")
    facets: dict[str, list[dict[str, object]]] = found["facets"]  # type: ignore[assignment]
    assert {one["filter"]: one["count"] for one in facets["sectors"]} == {
        "in:mobility": 1,
        "in:electronics": 1,
    }
    assert [one["filter"] for one in facets["tags"]] == ["tag:audit"]
    for name in facets:
        for one in facets[name]:
            assert (await archive.find(f"gold {one['filter']}"))["total"] == one["count"]
    assert (await archive.find("gold in:atlantis"))["unknown"] == ["in:atlantis"]
    assert (await archive.find("gold is:purple by:nobody"))["unknown"] == ["is:purple", "by:nobody"]


async def test_what_changes_is_found_as_it_is_now(archive: Archive) -> None:
    topic = await a_topic(archive.amina, "Before", "The word is aardvark.")
    assert await archive.titles("aardvark") == {"Before"}
    post = (await archive.find("aardvark"))["items"][0]["post"]  # type: ignore[index]
    await archive.amina.patch(f"/posts/{post}", {"body": "The word is pangolin."})
    await archive.amina.patch(f"/topics/{topic['id']}", {"title": "Afterwards", "tags": ["okapi"]})
    assert await archive.titles("aardvark") == set()
    assert await archive.titles("pangolin tag:okapi") == {"Afterwards"}
    assert await archive.titles("afterwards") == {"Afterwards"}


async def test_what_one_cannot_see_is_not_there(archive: Archive, client: httpx2.AsyncClient) -> None:
    admin = await a_person(archive.app, "Ada", duties=[("administrator", None)])
    topic = (await a_topic(archive.amina, "Canary", "Talk."))["id"]
    secret = await a_reply(archive.amina, topic, "A quetzalcoatlus in the mine.")
    assert await archive.titles("quetzalcoatlus") == {"Canary"}
    await archive.jonas.post(f"/posts/{secret['id']}/flags", {"reason": "spam"})
    case = (await admin.get("/cases")).json()["items"][0]
    reason = {"rule": "Be kind", "facts": "It was not."}
    decided = await admin.post(
        f"/cases/{case['id']}/decisions", {"action": "hide", "reason": reason, "version": case["version"]}
    )
    assert decided.status_code == 201
    for who in (archive.jonas, archive.amina):
        found = await archive.find("quetzalcoatlus", who)
        assert (found["items"], found["total"], found["facets"]) == ([], 0, {})
        # Nor does what was mistyped betray that the word is written somewhere.
        assert (await archive.find("quetzalcoatlos", who))["suggestion"] is None
    assert await archive.titles("quetzalcoatlus", admin) == {"Canary"}
    assert (await archive.find("quetzalcoatlos", admin))["suggestion"] == "quetzalcoatlus"
    visitor = (await client.get("/api/v1/search", params={"q": "quetzalcoatlus"})).json()
    assert visitor["total"] == 0


async def test_what_was_said_in_a_closed_room_is_found_by_its_readers(
    archive: Archive, client: httpx2.AsyncClient
) -> None:
    open_room = await make_open_room(archive.app)
    assert (
        await open_room.host.patch(f"/rooms/{open_room.room}", {"rules": {"entry": "members"}})
    ).status_code == 200
    await open_room.host.post(f"/rooms/{open_room.room}/questions", {"body": "Where is the thylacine?"})
    found = await archive.find("thylacine")
    assert [hit["kind"] for hit in found["items"]] == ["room"]  # type: ignore[attr-defined]
    assert (await client.get("/api/v1/search", params={"q": "thylacine"})).json()["total"] == 0


async def test_a_mistyped_word_is_taken_for_one_that_is_written_here(archive: Archive) -> None:
    await a_topic(archive.amina, "Due diligence", "A checklist.")
    assert (await archive.find("dilligence due"))["suggestion"] == "diligence due"
    page = await archive.jonas.client.get("/search", params={"q": "dilligence"})
    assert "Showing results for" in page.text
    assert "Due diligence" in page.text
    assert (await archive.find("diligence"))["suggestion"] is None


async def test_pages_go_on_and_nothing_comes_twice(archive: Archive) -> None:
    topics = [await a_topic(archive.amina, f"Tin ore {n}", "Tin.") for n in range(25)]
    for sort in ("best", "newest"):
        seen: list[int] = []
        after: str | None = None
        while True:
            found = await archive.find("tin", sort=sort, **({"after": after} if after else {}))
            seen += [hit["topic"] for hit in found["items"]]  # type: ignore[attr-defined]
            after = found["next"]  # type: ignore[assignment]
            if after is None:
                break
        assert sorted(seen) == sorted(topic["id"] for topic in topics)
    assert seen == [topic["id"] for topic in reversed(topics)]


async def test_reading_everything_anew_finds_the_same(archive: Archive) -> None:
    await a_topic(archive.amina, "Bauxite", "Red mud.")
    assert await archive.titles("mud") == {"Bauxite"}
    assert await reindex_all(archive.app.db) == 1
    await archive.app.run_jobs()
    assert await count_posts_to_index(archive.app.db) == 0
    assert await archive.titles("mud") == {"Bauxite"}


async def test_whatever_is_asked_is_answered(archive: Archive, client: httpx2.AsyncClient) -> None:
    await a_topic(archive.amina, "Odd", "It's §s1 & 'quoted' | !(no) <-> :* \\ signs.")
    odd = [
        "'",
        '"',
        "\\",
        "& | ! ( ) <-> :*",
        "§s1",
        "-",
        "a" * 300,
        "tag:'\\",
        "%",
        "\u200b",
        '-"',
        "or",
        "the",
    ]
    for query in [
        *odd,
        "topic:99999999999999999999",
        "topic:١",
        "before:0000",
        "after:9999-12-31",
        'in:"a b"',
    ]:
        for sort in ("best", "newest"):
            answer = await client.get("/api/v1/search", params={"q": query, "sort": sort})
            assert answer.status_code == 200, (query, answer.text)
        assert (await client.get("/search", params={"q": query})).status_code == 200
    for bad in ({"q": "a" * 301}, {"q": "a", "sort": "worst"}, {"q": "a", "after": "x"}):
        assert (await client.get("/api/v1/search", params=bad)).status_code in (400, 422)


async def test_related_topics_are_those_that_everybody_can_read_still(archive: Archive) -> None:
    topic = await a_topic(archive.amina, "Tracing cobalt from the mine", "One.")
    near = await a_topic(archive.amina, "Who is tracing cobalt?", "Two.")
    await a_topic(archive.amina, "Solar panels", "Three.")
    await archive.app.run_jobs()
    moderator = await a_person(archive.app, duties=[("administrator", None)])

    async def related(who: Person) -> list[int]:
        answer = await who.get(f"/topics/{topic['id']}/related")
        return [one["id"] for one in answer.json()["items"]]

    assert await related(archive.jonas) == await related(moderator) == [near["id"]]
    page = (await archive.jonas.client.get(f"/t/{topic['id']}", follow_redirects=True)).text
    assert 'href="/search?q=tracing+OR+cobalt+OR+from+OR+mine"' in page
    await give_topics_reason(archive.app.db, near["id"])
    await raw_sql(archive.app.db).execute(f"UPDATE topics SET hidden_at = now() WHERE id = {near['id']}")
    assert await related(archive.jonas) == []
    assert (await archive.jonas.get(f"/topics/{near['id']}/related")).status_code == 404
