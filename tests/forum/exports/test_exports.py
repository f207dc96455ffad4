"""Tests of feeds, exports and citations: they contain what the reader can see, and nothing else."""

from datetime import UTC, date, datetime
from xml.etree.ElementTree import fromstring

import httpx2
import pytest

from core import clock
from core.text import POST_LENGTH
from forum.exports.citation_formats import CitedWork, format_citation
from forum.exports.exports import POSTS_PER_BATCH
from members.accounts.cookies import LANGUAGE_COOKIE
from tests.support.languages.pages import pseudo_languages
from tests.support.languages.pseudo import pseudo
from tests.support.moderation.cases import flag_and_hide
from tests.support.people import a_person, a_reply, a_topic
from tests.support.search_archive import Archive, archive
from tests.support.service import raw_sql

__all__ = ["archive", "pseudo_languages"]
ATOM = "{http://www.w3.org/2005/Atom}"


def titles(answer: httpx2.Response) -> list[str]:
    """Return the titles of a feed's entries."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/atom+xml")
    return [entry.findtext(f"{ATOM}title") or "" for entry in fromstring(answer.text).iter(f"{ATOM}entry")]


async def test_feeds_say_what_was_written_last(archive: Archive, client: httpx2.AsyncClient) -> None:
    topic = await a_topic(archive.amina, "Tin & <ore>", "Who digs?", tags=["tin"])
    await a_reply(archive.jonas, topic["id"], "We do, *they* say.")
    await a_topic(archive.jonas, "Elsewhere", "Gold.", sector="electronics")
    await archive.app.run_jobs()
    first = ["Tin & <ore>, #2", "Tin & <ore>"]
    for address in ("sectors/mobility", f"topics/{topic['id']}", "tags/tin"):
        answer = await client.get(f"/feeds/{address}.atom")
        assert titles(answer) == first, address
    assert titles(await client.get("/feeds/search.atom", params={"q": "dig OR gold"})) == [
        "Elsewhere",
        "Tin & <ore>",
    ]
    feed = fromstring((await client.get(f"/feeds/topics/{topic['id']}.atom")).text)
    entry = next(feed.iter(f"{ATOM}entry"))
    assert entry.findtext(f"{ATOM}content") == "<p>We do, <em>they</em> say.</p>\n"
    assert entry.findtext(f"{ATOM}author/{ATOM}name") == "Jonas"
    last = (await archive.jonas.get(f"/topics/{topic['id']}/posts")).json()["items"][1]["id"]
    assert (entry.findtext(f"{ATOM}id") or "").endswith(f"/p/{last}")
    links = {link.get("rel"): link.get("href") or "" for link in feed.findall(f"{ATOM}link")}
    assert links["self"].endswith(f"/feeds/topics/{topic['id']}.atom")


async def test_a_feed_that_did_not_change_is_not_sent_again(archive: Archive) -> None:
    topic = await a_topic(archive.amina)
    path = f"/feeds/topics/{topic['id']}.atom"
    # One process: here each has an address of its own, which stands in its feeds.
    async with httpx2.AsyncClient(base_url=archive.app.urls[0]) as client:
        etag = (await client.get(path)).headers["etag"]
        assert (await client.get(path, headers={"If-None-Match": etag})).status_code == 304
        await a_reply(archive.jonas, topic["id"])
        assert (await client.get(path, headers={"If-None-Match": etag})).status_code == 200


async def test_feeds_that_are_not_there_are_not_found(archive: Archive, client: httpx2.AsyncClient) -> None:
    for address in ("sectors/none.atom", "sectors/mobility.rss", "topics/0.atom", "topics/x.atom", "topics/1",
                    f"topics/{2**63}.atom", "tags/tin", "sectors/mobility.atom?key=nothing"):  # fmt: skip
        assert (await client.get(f"/feeds/{address}")).status_code == 404, address
    assert titles(await client.get("/feeds/tags/it's.atom")) == []
    assert titles(await client.get("/feeds/search.atom")) == []


async def test_a_key_opens_what_its_member_may_read_until_it_ends(
    archive: Archive, client: httpx2.AsyncClient
) -> None:
    topic = await a_topic(archive.amina, "For members", "Closed talk.")
    await archive.app.run_jobs()
    await raw_sql(archive.app.db).execute("UPDATE topics SET readers = 'members' WHERE id = $1", topic["id"])
    path = f"/feeds/topics/{topic['id']}.atom"
    assert (await client.get(path)).status_code == 404
    key = (await archive.jonas.post("/me/feed-key")).json()["key"]
    assert titles(await client.get(path, params={"key": key})) == ["For members"]
    assert titles(await client.get("/feeds/sectors/mobility.atom", params={"key": key})) == ["For members"]
    assert titles(await client.get("/feeds/sectors/mobility.atom")) == []
    page = await archive.jonas.client.post("/settings/feeds", data={"do": "make"})
    assert "?key=" in page.text
    assert (await client.get(path, params={"key": key})).status_code == 404
    assert (await archive.jonas.delete("/me/feed-key")).status_code == 204
    assert "?key=" not in (await archive.jonas.client.get("/settings")).text


async def test_what_is_hidden_is_in_no_feed_and_no_file(archive: Archive, client: httpx2.AsyncClient) -> None:
    admin = await a_person(archive.app, "Ada", duties=[("administrator", None)])
    topic = (await a_topic(archive.amina, "Canary", "Talk.", tags=["tin"]))["id"]
    secret = (await a_reply(archive.amina, topic, "The dodo lives."))["id"]
    await archive.app.run_jobs()
    files = f"/api/v1/topics/{topic}/export."
    feeds = ("sectors/mobility.atom", f"topics/{topic}.atom", "tags/tin.atom", "search.atom?q=dodo")
    places = [*(f"/feeds/{feed}" for feed in feeds), f"{files}md", f"{files}json"]
    for path in places:
        assert "dodo" in (await client.get(path)).text.replace("q=dodo", "").replace("Search: dodo", ""), path
    await flag_and_hide(archive.app, admin, secret)
    for who in (client, archive.jonas.client):
        for path in places:
            text = (await who.get(path)).text
            assert "The dodo lives" not in text, path
    key = (await admin.post("/me/feed-key")).json()["key"]
    assert "dodo lives" not in (await client.get(places[1], params={"key": key})).text


async def test_a_topic_is_taken_along_whole(archive: Archive) -> None:
    topic = await a_topic(archive.amina, "Long", "The *first*.")
    parent = (await a_reply(archive.jonas, topic["id"], "Second."))["id"]
    await a_reply(archive.amina, topic["id"], "Third.", parent)
    await raw_sql(archive.app.db).execute(
        "INSERT INTO posts (topic_id, number, path, depth, body, html, posted_at, markup) SELECT $1, n, "
        "path_segment(n), 0, 'Post ' || n, '<p>', now(), 'mail' FROM generate_series(4, $2::int) AS n",
        topic["id"], POSTS_PER_BATCH * 2 + 3,
    )  # fmt: skip
    whole = (await archive.jonas.get(f"/topics/{topic['id']}/export.json")).json()
    assert [post["number"] for post in whole["posts"]] == list(range(1, POSTS_PER_BATCH * 2 + 4))
    assert [post["answers"] for post in whole["posts"][:3]] == [None, None, 2]
    assert whole["posts"][0]["body"] == "The *first*."
    answer = await archive.jonas.get(f"/topics/{topic['id']}/export.md")
    text = answer.text
    assert text.startswith("# Long\n")
    assert text.index("The *first*.") < text.index("Third.") < text.index(f"Post {POSTS_PER_BATCH * 2 + 3}")
    assert "attachment" in answer.headers["content-disposition"]
    assert (await archive.jonas.get("/topics/999999/export.md")).status_code == 404


def test_what_is_cited_is_escaped_for_each_form() -> None:
    made = format_citation(
        CitedWork(
            key="k", author="Ann {O'N}", title="50 % & more_\\", community="The $ Club", number=3,
            posted_at=datetime(2026, 5, 3, tzinfo=UTC), changed_at=datetime(2026, 6, 1, tzinfo=UTC), address="https://a.example/p/9",
        ),
        date(2026, 7, 1),
    )  # fmt: skip
    assert made.text == (
        "Ann {O'N}, “50 % & more_\\, post 3”, The $ Club, 3 May 2026 (changed 1 Jun 2026), https://a.example/p/9 "
        "(read 1 Jul 2026)."
    )
    assert r"title = {{50 \% \& more\_\textbackslash{}, post 3}}" in made.bibtex
    assert r"author = {{Ann \{O'N\}}}" in made.bibtex
    assert made.csl["issued"] == {"date-parts": [[2026, 5, 3]]}
    assert made.csl["author"] == [{"literal": "Ann {O'N}"}]
    assert "date = {2026-05-03}" in made.bibtex and "urldate = {2026-07-01}" in made.bibtex


async def test_days_in_files_for_people_are_written_as_their_readers_do(archive: Archive) -> None:
    with clock.stop_at(datetime(2026, 5, 3, 9, 5, tzinfo=UTC)):
        topic = (await a_topic(archive.amina))["id"]
        post = (await a_reply(archive.jonas, topic))["id"]
    await raw_sql(archive.app.db).execute("UPDATE posts SET edited_at = '2026-06-01Z' WHERE id = $1", post)
    for language, at, edited in (
        ("fr", "3 mai 2026, 09:05 UTC", "1 juin 2026"),
        ("zh", "2026年5月3日 09:05", "2026年6月1日"),
    ):
        headers = {"Accept-Language": language}
        text = (await archive.jonas.client.get(f"/api/v1/topics/{topic}/export.md", headers=headers)).text
        cited = (await archive.jonas.client.get(f"/api/v1/posts/{post}/cite", headers=headers)).json()
        assert at in text and edited in text, text
        assert at.split(",")[0].split(" 09")[0] in cited["text"] and edited in cited["text"], cited
        assert "2026-0" not in text + cited["text"]


@pytest.mark.usefixtures("pseudo_languages")
async def test_feeds_exports_and_citations_are_in_the_language_of_the_reader(archive: Archive) -> None:
    topic = await a_topic(archive.amina, tags=["cobalt"])
    post = await a_reply(archive.jonas, topic["id"], "Cobalt.")
    await a_reply(archive.amina, topic["id"], "Cobalt again.", post["id"])
    await archive.app.run_jobs()
    headers = {"Cookie": f"{LANGUAGE_COOKIE}=en-XA"}
    tags, export = "/feeds/tags/cobalt.atom", f"/api/v1/topics/{topic['id']}/export.md"
    for path, text, facts in (
        (tags, "Tagged %(tag)s", {"tag": "cobalt"}),
        (tags, "%(title)s, #%(number)s", {"title": "Cobalt tracing", "number": 3}),
        ("/feeds/search.atom?q=cobalt", "Search: %(query)s", {"query": "cobalt"}),
        (export, "in reply to #%(number)s", {"number": 2}),
        (export, "%(address)s, as of ", {"address": f"{archive.app.db.site}/t/{topic['id']}"}),
        (f"/api/v1/topics/{topic['id']}/cite", "%(author)s, “", {"author": "Amina"}),
        (
            f"/api/v1/posts/{post['id']}/cite",
            "%(title)s, post %(number)s",
            {"title": "Cobalt tracing", "number": 2},
        ),
    ):
        answer = await archive.jonas.client.get(path, headers=headers)
        assert pseudo(text).rstrip("~ ⟧") % facts in answer.text, path
    feed = await archive.jonas.client.get("/feeds/tags/cobalt.atom")
    assert "<title>Tagged cobalt · " in feed.text and "Accept-Language" in feed.headers["vary"]


async def test_posts_and_topics_are_cited_with_addresses_that_stay(
    archive: Archive, client: httpx2.AsyncClient
) -> None:
    topic = await a_topic(archive.amina)
    post = (await a_reply(archive.jonas, topic["id"]))["id"]
    made = (await client.get(f"/api/v1/posts/{post}/cite")).json()
    assert made["address"].endswith(f"/p/{post}")
    assert made["csl"]["author"] == [{"literal": "Jonas"}]
    whole = (await client.get(f"/api/v1/topics/{topic['id']}/cite")).json()
    assert whole["text"].startswith("Amina, “Cobalt tracing”, ")
    assert "@misc" in (await client.get(f"/cite/posts/{post}")).text
    assert (await client.get("/api/v1/posts/999999/cite")).status_code == 404
    assert (await client.get("/cite/topics/999999")).status_code == 404
    assert len(made["text"]) < POST_LENGTH
