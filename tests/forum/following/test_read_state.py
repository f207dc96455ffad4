"""Tests of the read state: it only grows, on all devices and across moves, and unread posts are counted."""

import random
from typing import Any

import pytest
import pytest_asyncio

from tests.support.moderation.hidden_posts import give_topics_reason, hide_rows
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.service import Service, raw_sql


async def reading(who: Person, topic: int) -> dict[str, Any]:
    answer = await who.get(f"/topics/{topic}/reading")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def read(who: Person, topic: int, number: int = 0, posts: tuple[int, ...] = ()) -> dict[str, Any]:
    answer = await who.put(f"/topics/{topic}/reading", {"number": number, "posts": list(posts)})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def place(found: dict[str, Any]) -> tuple[int, int, int | None]:
    return found["number"], found["unread"], found["first_unread"]


class Talk:
    """A topic of six posts by one member, and another who reads."""

    def __init__(self, author: Person, reader: Person, topic: int, posts: list[int]) -> None:
        self.author, self.reader, self.topic, self.posts = author, reader, topic, posts


@pytest_asyncio.fixture
async def talk(app: Service) -> Talk:
    author, reader = await a_person(app, "Author"), await a_person(app, "Reader")
    topic = (await a_topic(author))["id"]
    posts = [(await a_reply(author, topic, f"No. {n}"))["id"] for n in range(2, 7)]
    return Talk(author, reader, topic, posts)


async def test_a_position_never_moves_back(talk: Talk) -> None:
    assert place(await reading(talk.reader, talk.topic)) == (0, 0, None)

    assert place(await read(talk.reader, talk.topic, 4)) == (4, 2, 5)
    assert place(await read(talk.reader, talk.topic, 2)) == (4, 2, 5)
    assert place(await read(talk.reader, talk.topic, 0)) == (4, 2, 5)
    assert place(await reading(talk.reader, talk.topic)) == (4, 2, 5)


async def test_single_posts_are_read_in_any_order(talk: Talk) -> None:
    # In the tree, a later post can stand above an earlier one.
    assert place(await read(talk.reader, talk.topic, posts=(1, 5))) == (1, 4, 2)
    assert place(await read(talk.reader, talk.topic, posts=(3, 2))) == (3, 2, 4)
    assert place(await read(talk.reader, talk.topic, 5)) == (5, 1, 6)


async def test_what_is_still_to_be_written_is_not_read(talk: Talk) -> None:
    assert place(await read(talk.reader, talk.topic, 2_000_000_000, (7, 8))) == (6, 0, None)

    await a_reply(talk.author, talk.topic, "No. 7")

    assert place(await reading(talk.reader, talk.topic)) == (6, 1, 7)


async def test_neither_ones_own_posts_nor_what_is_gone_is_unread(talk: Talk) -> None:
    await read(talk.reader, talk.topic, 3)
    await a_reply(talk.reader, talk.topic, "Mine")
    assert (await reading(talk.reader, talk.topic))["unread"] == 3

    await hide_rows(talk.author.service.db, talk.posts[2])

    assert place(await reading(talk.reader, talk.topic)) == (3, 2, 5)


async def test_three_devices_agree_whatever_they_say_in_whichever_order(app: Service, talk: Talk) -> None:
    chance = random.Random(7)
    seen = [(n,) for n in range(1, 7)] * 2
    chance.shuffle(seen)
    channel = f"member:{talk.reader.id}"

    async with (
        app.listening(channel, talk.reader.token, after=0) as first,
        app.listening(channel, talk.reader.token, after=0) as second,
    ):
        heard: list[dict[str, Any]] = []
        for posts in seen:
            before = await reading(talk.reader, talk.topic)
            after = await read(talk.reader, talk.topic, posts=posts)
            if before["number"] == after["number"] and before["unread"] == after["unread"]:
                continue  # nothing new was said, and nothing is told
            told = [(await feed.next())["event"] for feed in (first, second)]
            assert told[0] == told[1] == {"type": "topic_read", "reading": after}
            heard.append(after)

    assert len(heard) == 6, "each post is read once"
    assert place(await reading(talk.reader, talk.topic)) == (6, 0, None)
    assert [one["unread"] for one in heard] == sorted((one["unread"] for one in heard), reverse=True)


async def test_readings_are_told_to_nobody_else(app: Service, talk: Talk) -> None:
    await read(talk.reader, talk.topic, 4)

    assert place(await reading(talk.author, talk.topic)) == (0, 0, None)
    async with app.client() as visitor:
        assert (await visitor.get(f"/api/v1/topics/{talk.topic}/reading")).status_code == 401


async def test_what_was_read_goes_along_with_what_is_moved_and_comes_back(app: Service, talk: Talk) -> None:
    root = await a_person(app, duties=[("administrator", None)])
    await read(talk.reader, talk.topic, posts=(1, 2, 4))
    before = await reading(talk.reader, talk.topic)

    # 3, 4 and 5 go to a topic of their own: there 4 is read, as the second of them, and here 2 and then 6 are next.
    moved = await root.post(f"/topics/{talk.topic}/moves", {"posts": talk.posts[1:4], "title": "Elsewhere"})
    there = moved.json()["target"]["id"]
    assert place(await reading(talk.reader, there)) == (0, 2, 1)
    assert place(await reading(talk.reader, talk.topic)) == (5, 1, 6)
    await read(talk.reader, there, posts=(3,))

    await root.delete(f"/moves/{moved.json()['id']}")

    assert before["unread"] == 3
    assert place(await reading(talk.reader, talk.topic)) == (2, 2, 3)


async def test_who_has_read_both_has_read_what_was_merged(app: Service, talk: Talk) -> None:
    root = await a_person(app, duties=[("administrator", None)])
    other = (await a_topic(talk.author, "The same again"))["id"]
    await a_reply(talk.author, other)
    await read(talk.reader, talk.topic, 6)
    await read(talk.reader, other, 2)

    merged = await root.post(f"/topics/{other}/moves", {"into": talk.topic})

    assert merged.status_code == 201, merged.text
    assert place(await reading(talk.reader, talk.topic)) == (8, 0, None)
    assert (await talk.reader.get(f"/topics/{other}/reading")).status_code == 404


async def test_sectors_say_what_is_left_and_can_be_put_behind(app: Service, talk: Talk) -> None:
    await read(talk.reader, talk.topic, 4)
    fresh = (await a_topic(talk.author, "Something new"))["id"]
    await a_topic(talk.author, "Elsewhere", sector="electronics")

    async def counts() -> dict[str, tuple[int, int]]:
        found = (await talk.reader.get("/unread/counts")).json()["items"]
        return {one["sector"]: (one["unread"], one["new"]) for one in found}

    assert await counts() == {"mobility": (1, 1), "electronics": (0, 1)}
    items = (await talk.reader.get("/unread", params={"sector": "mobility"})).json()["items"]
    assert [(one["topic"]["id"], one["unread"], one["is_new"]) for one in items] == [
        (fresh, 0, True),
        (talk.topic, 2, False),
    ]

    assert (await talk.reader.put("/sectors/mobility/reading")).status_code == 200

    assert await counts() == {"electronics": (0, 1)}
    assert (await talk.reader.get("/unread", params={"sector": "mobility"})).json()["items"] == []
    assert place(await reading(talk.reader, talk.topic)) == (6, 0, None)


@pytest.mark.parametrize(
    "gone",
    [
        "UPDATE topics SET hidden_at = now()",
        "UPDATE topics SET readers = 'listed'",
        "UPDATE topics SET archived_at = now()",
    ],
)
async def test_what_one_may_not_see_is_left_out_of_what_is_left(talk: Talk, gone: str) -> None:
    await read(talk.reader, talk.topic, 4)
    assert (await talk.reader.get("/unread/counts")).json()["items"] != []

    await give_topics_reason(talk.author.service.db)
    await raw_sql(talk.author.service.db).execute(gone)

    assert (await talk.reader.get("/unread/counts")).json()["items"] == []
    assert (await talk.reader.get("/unread")).json()["items"] == []


async def test_pages_of_what_is_left_follow_each_other(app: Service, talk: Talk) -> None:
    titles = [f"Topic {n}" for n in range(33)]
    for title in titles:
        await a_topic(talk.author, title)

    first = (await talk.reader.get("/unread")).json()
    second = (await talk.reader.get("/unread", params={"after": first["next"]})).json()

    found = [one["topic"]["title"] for one in first["items"] + second["items"]]
    assert found == [*reversed(titles), "Cobalt tracing"]
    assert second["next"] is None


async def test_a_page_says_what_is_new_and_leads_there_without_a_script(talk: Talk) -> None:
    client = talk.reader.client
    address = f"/t/{talk.topic}/cobalt-tracing"
    assert "data-new" not in (await client.get(address)).text, "who was never here finds nothing marked"
    await read(talk.reader, talk.topic, 4)

    page = (await client.get(address)).text

    assert page.count("data-new") == 2
    assert f'href="{address}/5#p5"' in page
    assert "2 unread" in (await client.get("/s/mobility")).text
    headers = {"Origin": talk.author.service.urls[0]}
    assert (await client.post(f"{address}/read", headers=headers)).status_code in (200, 303)
    assert "data-new" not in (await client.get(address)).text
    assert place(await reading(talk.reader, talk.topic)) == (6, 0, None)
