"""Tests of saved searches: members are notified once of new matches, never of what only moderators can see."""

from datetime import timedelta

import pytest
import pytest_asyncio

from core import clock
from forum.search import saved_searches
from tests.support.emails.lanes import send_digests
from tests.support.moderation.hidden_posts import give_topics_reason
from tests.support.pages import send
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.service import Service, raw_sql


class Watch:
    """Somebody who looks for something, and somebody who writes."""

    def __init__(self, app: Service, reader: Person, author: Person) -> None:
        self.app, self.reader, self.author = app, reader, author

    async def keep(self, query: str, told: str = "soon", who: Person | None = None) -> int:
        """Save a search after the worker has indexed everything, and return its id."""
        await self.app.run_jobs()
        answer = await (who or self.reader).post("/searches", {"query": query, "told": told})
        assert answer.status_code == 201, answer.text
        return int(answer.json()["id"])

    async def told(self, who: Person | None = None) -> list[tuple[str, int]]:
        """Run all searches when they are due and return the notified titles and posts, the latest first."""
        await self.app.run_jobs()
        await raw_sql(self.app.db).execute(
            "UPDATE saved_searches SET due_at = due_at - interval '2 days' WHERE due_at IS NOT NULL"
        )
        await self.app.run_jobs()
        page = (await (who or self.reader).get("/inbox")).json()
        return [(item["title"], item["number"]) for item in page["items"] if item["kind"] == "found"]


@pytest_asyncio.fixture
async def watch(app: Service) -> Watch:
    return Watch(app, await a_person(app, "Reader"), await a_person(app, "Author"))


async def test_what_newly_fits_is_told_once_and_what_was_there_is_not(watch: Watch) -> None:
    await a_topic(watch.author, "Cobalt before", "Cobalt.")
    await watch.keep("cobalt -gold")
    assert await watch.told() == []
    topic = await a_topic(watch.author, "More cobalt", "Cobalt.")
    await a_topic(watch.author, "Cobalt and gold", "Gold.")
    await a_reply(watch.author, topic["id"], "Cobalt again.")
    await a_topic(watch.reader, "My own cobalt", "Cobalt.")
    assert await watch.told() == [("More cobalt", 1)]
    assert await watch.told() == [("More cobalt", 1)]
    (item,) = (await watch.reader.get("/inbox")).json()["items"]
    assert item["reason"] == "New result for your saved search: cobalt -gold"


async def test_a_topic_that_waits_unread_is_not_told_again(watch: Watch) -> None:
    await watch.keep("cobalt")
    topic = await a_topic(watch.author, "More cobalt", "Cobalt.")
    assert await watch.told() == [("More cobalt", 1)]
    await a_reply(watch.author, topic["id"], "Cobalt again.")
    assert await watch.told() == [("More cobalt", 1)]
    await watch.reader.put("/inbox/read")
    await a_reply(watch.author, topic["id"], "And cobalt again.")
    assert await watch.told() == [("More cobalt", 3), ("More cobalt", 1)]


async def test_only_what_a_plain_member_can_read_is_told_and_later_what_becomes_so(watch: Watch) -> None:
    moderator = await a_person(watch.app, duties=[("administrator", None)])
    for who in (watch.reader, moderator):
        await watch.keep("cobalt", who=who)
    topic = await a_topic(watch.author, "Cobalt", "Cobalt.")
    run = raw_sql(watch.app.db).execute
    await give_topics_reason(watch.app.db, topic["id"])
    await run(f"UPDATE topics SET hidden_at = now() WHERE id = {topic['id']}")
    assert await watch.told() == await watch.told(moderator) == []
    await run("UPDATE topics SET hidden_at = NULL")
    assert await watch.told() == await watch.told(moderator) == [("Cobalt", 1)]


async def test_of_many_topics_one_is_told_of_some_and_how_many_more_there_are(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saved_searches, "MAX_NOTIFICATIONS", 2)
    await watch.keep("cobalt", "daily")
    for number in range(4):
        await a_topic(watch.author, f"Cobalt {number}", "Cobalt.")
    assert await watch.told() == [("Cobalt 3", 1), ("Cobalt 2", 1)]
    last = (await watch.reader.get("/inbox")).json()["items"][0]
    assert last["reason"].endswith("(and 2 other topics)")


async def test_one_is_told_when_one_wants_to_be(watch: Watch) -> None:
    kept = await watch.keep("cobalt", "never")
    await a_topic(watch.author, "Cobalt", "Cobalt.")
    assert await watch.told() == []
    assert await watch.keep("cobalt") == kept
    assert await watch.told() == [], "what was posted before one wanted to be told"
    due = "SELECT due_at - saved_at FROM saved_searches"
    assert await raw_sql(watch.app.db).fetchval(due) > timedelta(0)
    assert (await watch.reader.delete(f"/searches/{kept}")).status_code == 204
    await a_topic(watch.author, "Cobalt too", "Cobalt.")
    assert await watch.told() == []


async def test_searches_are_ones_own_and_bad_ones_are_refused(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = await watch.keep("cobalt")
    assert (await watch.author.get("/searches")).json() == {"items": []}
    assert (await watch.author.delete(f"/searches/{kept}")).status_code == 404
    for query, code in (("- ", "nothing_asked"), ("in:atlantis", "filter_unknown")):
        answer = await watch.reader.post("/searches", {"query": query})
        assert (answer.status_code, answer.json()["code"]) == (422, code)
    monkeypatch.setattr(saved_searches, "MAX_SAVED_SEARCHES", 1)
    answer = await watch.reader.post("/searches", {"query": "gold"})
    assert answer.json()["code"] == "too_many_searches"
    assert await watch.keep("cobalt", "daily") == kept


async def test_a_search_is_kept_and_dropped_on_its_page(watch: Watch) -> None:
    await a_topic(watch.author, "Cobalt <here>", "Cobalt.")
    await watch.app.run_jobs()
    page = (await watch.reader.client.get("/search?q=cobalt")).text
    assert "Save this search" in page
    answer = await send(watch.reader, "/search/kept", q="cobalt", told="daily")
    assert answer.headers["location"] == "/search?q=cobalt"
    assert "Saved search" in (await watch.reader.client.get("/search?q=cobalt")).text
    assert "Notify me once a day" in (await watch.reader.client.get("/search")).text
    (row,) = (await watch.reader.get("/searches")).json()["items"]
    await send(watch.reader, "/search/kept", drop=str(row["id"]))
    assert (await watch.reader.get("/searches")).json() == {"items": []}
    async with watch.app.client() as visitor:
        assert "Save this search" not in (await visitor.get("/search?q=cobalt")).text


@pytest.mark.parametrize(
    ("wish", "mailed"), [({"followed": "at_once"}, 1), ({"followed": "never", "direct": "at_once"}, 0)]
)
async def test_what_newly_fits_is_mailed_as_one_wishes(
    watch: Watch, wish: dict[str, str], mailed: int
) -> None:
    await watch.reader.patch("/me/mail", wish)
    await watch.keep("cobalt")
    await a_topic(watch.author, "More cobalt", "Cobalt of the hills.")
    assert await watch.told() == [("More cobalt", 1)]
    assert await send_digests(watch.app.db) == [], "it waits for being read"
    with clock.stop_at(clock.now() + timedelta(minutes=11)):
        emails = await send_digests(watch.app.db)

    assert len(emails) == mailed
    for email in emails:
        assert (
            "New result for your saved search: cobalt" in email.text and "Cobalt of the hills." in email.text
        )
