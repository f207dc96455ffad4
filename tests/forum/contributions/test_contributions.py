"""The contributions on a profile: what somebody wrote under their name, as each reader can see it."""

from typing import Any

import pytest
import pytest_asyncio
from msgspec import Struct

from forum.contributions import contributions
from tests.support.moderation.hidden_posts import give_topics_reason, hide_rows
from tests.support.pages import open_page
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.service import Service, raw_sql

NOTHING = {"posts": 0, "topics": 0, "answers": 0}


class Wrote(Struct):
    """A question of somebody else, with an accepted answer of the author."""

    app: Service
    author: Person
    asker: Person
    root: Person
    topic: int
    post: int

    async def seen_by(self, reader: Person, what: str) -> list[dict[str, Any]]:
        found = await reader.get(f"/members/{self.author.handle}/{what}")
        assert found.status_code == 200, found.text
        items: list[dict[str, Any]] = found.json()["items"]
        return items

    async def counts(self, reader: Person) -> dict[str, int]:
        counted: dict[str, int] = (await reader.get(f"/members/{self.author.handle}/counts")).json()
        return counted


@pytest_asyncio.fixture
async def wrote(app: Service) -> Wrote:
    author, asker = await a_person(app, "Author"), await a_person(app, "Asker")
    root = await a_person(app, "Root", duties=[("administrator", None)])
    topic = (await a_topic(asker, "Which scheme?", kind="question"))["id"]
    post = (await a_reply(author, topic, "We compared both in March."))["id"]
    assert (await asker.put(f"/topics/{topic}/answer", {"post": post})).status_code == 204
    return Wrote(app, author, asker, root, topic, post)


async def test_posts_topics_and_accepted_answers_are_listed(wrote: Wrote) -> None:
    started = await a_topic(wrote.author, "Nickel")
    first, answer = await wrote.seen_by(wrote.asker, "posts")
    assert (first["topic"], answer["post"], answer["title"]) == (started["id"], wrote.post, "Which scheme?")
    assert answer["excerpt"] == "We compared both in March." and answer["sector"] == "mobility"
    assert [item["post"] for item in await wrote.seen_by(wrote.asker, "answers")] == [wrote.post]
    assert [item["id"] for item in await wrote.seen_by(wrote.asker, "topics")] == [started["id"]]
    assert await wrote.counts(wrote.asker) == {"posts": 2, "topics": 1, "answers": 1}
    page = await open_page(wrote.asker, f"/m/{wrote.author.handle}")
    assert "We compared both in March." in page
    assert ">Nickel</a>" in await open_page(wrote.asker, f"/m/{wrote.author.handle}?show=topics")


@pytest.mark.parametrize(
    "gone",
    [
        "hide",
        "UPDATE posts SET state = 'withdrawn' WHERE id = {post}",
        "UPDATE topics SET hidden_at = now() WHERE id = {topic}",
        "UPDATE topics SET withdrawn_at = now() WHERE id = {topic}",
    ],
)
async def test_what_is_hidden_or_withdrawn_is_not_on_a_profile_for_anybody(wrote: Wrote, gone: str) -> None:
    assert await wrote.counts(wrote.root) == {"posts": 1, "topics": 0, "answers": 1}
    if gone == "hide":
        await hide_rows(wrote.app.db, wrote.post)
    else:
        await give_topics_reason(wrote.app.db, wrote.topic)
        await raw_sql(wrote.app.db).execute(gone.format(post=wrote.post, topic=wrote.topic))
    for reader in (wrote.asker, wrote.author, wrote.root):
        assert await wrote.seen_by(reader, "posts") == await wrote.seen_by(reader, "answers") == []
        assert await wrote.counts(reader) == NOTHING
        assert "compared" not in await open_page(reader, f"/m/{wrote.author.handle}")


async def test_private_topics_count_for_their_readers_only(wrote: Wrote) -> None:
    await raw_sql(wrote.app.db).execute("UPDATE topics SET readers = 'listed' WHERE id = $1", wrote.topic)
    assert await wrote.counts(wrote.asker) == NOTHING
    assert await wrote.seen_by(wrote.asker, "posts") == []
    assert (await wrote.counts(wrote.root))["posts"] == 1


async def test_anonymous_posts_are_on_no_profile(wrote: Wrote) -> None:
    await raw_sql(wrote.app.db).execute(
        "UPDATE posts SET author_id = NULL, pseudonym = decode(repeat('00', 16), 'hex') WHERE id = $1",
        wrote.post,
    )
    assert await wrote.counts(wrote.author) == NOTHING


async def test_pages_follow_each_other_without_gap_or_twin(
    wrote: Wrote, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contributions, "PAGE_SIZE", 2)
    posted = [wrote.post, *[(await a_reply(wrote.author, wrote.topic, f"No. {n}"))["id"] for n in range(4)]]
    found, after = [], ""
    while True:
        page = (await wrote.asker.get(f"/members/{wrote.author.handle}/posts{after}")).json()
        found += [item["post"] for item in page["items"]]
        if page["next"] is None:
            break
        after = f"?after={page['next']}"
    assert found == posted[::-1]
    assert "after=" in await open_page(wrote.asker, f"/m/{wrote.author.handle}")


async def test_nobody_has_no_contributions(wrote: Wrote) -> None:
    for what in ("posts", "topics", "answers", "counts", "gatherings"):
        assert (await wrote.asker.get(f"/members/nobody-here/{what}")).status_code == 404
    bad = await wrote.asker.get(f"/members/{wrote.author.handle}/posts?after=!")
    assert bad.status_code in (400, 422)
