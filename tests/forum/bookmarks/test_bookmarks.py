"""Tests of bookmarks: private, limited, found again, and without a word of what the member can no longer read."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from core import clock
from forum.bookmarks import bookmark_list, bookmarks
from tests.support.moderation.hidden_posts import give_topics_reason, hide_rows
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.service import Service, raw_sql

LATER = "2099-01-10T14:00:00Z"


async def kept(person: Person, query: str = "") -> list[dict[str, Any]]:
    """Return the member's bookmarks."""
    answer = await person.get(f"/bookmarks{query}")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def marked(person: Person, topic: int) -> list[int]:
    """Return the numbers of the posts of a topic that are shown to the member as bookmarked."""
    items = (await person.get(f"/topics/{topic}/posts")).json()["items"]
    return [post["number"] for post in items if post.get("is_bookmarked")]


async def test_a_bookmark_has_a_note_and_a_reminder_and_is_shown_to_its_member_only(
    app: Service, client: httpx2.AsyncClient
) -> None:
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    topic = (await a_topic(amina))["id"]
    post = (await a_reply(amina, topic, "We **compared** both."))["id"]

    answer = await jonas.put(f"/posts/{post}/bookmark", {"note": " For Monday ", "remind_at": LATER})

    assert answer.status_code == 200, answer.text
    (item,) = await kept(jonas)
    assert item == answer.json()
    assert (item["post"], item["topic"], item["number"], item["title"]) == (post, topic, 2, "Cobalt tracing")
    assert (item["note"], item["remind_at"], item["reminded_at"]) == ("For Monday", LATER, None)
    assert (item["excerpt"], item["author"]["id"], item["is_visible"]) == (
        "We compared both.",
        amina.id,
        True,
    )
    assert await marked(jonas, topic) == [2]
    assert await kept(amina) == [] == await marked(amina, topic)
    assert "bookmark" not in (await client.get(f"/api/v1/topics/{topic}/posts")).text
    assert "bookmark" not in (await client.get(f"/api/v1/posts/{post}")).text


async def test_what_is_left_out_stays_and_a_bookmark_is_removed(app: Service) -> None:
    amina = await a_person(app)
    post = (await a_reply(amina, (await a_topic(amina))["id"], "So."))["id"]
    path = f"/posts/{post}/bookmark"
    await amina.put(path, {"note": "For Monday", "remind_at": LATER})
    assert (await amina.put(path, {})).json()["note"] == "For Monday"
    assert (await amina.put(path, {"note": ""})).json()["remind_at"] == LATER
    assert (await amina.put(path, {"remind_at": None})).json()["remind_at"] is None
    assert len(await kept(amina)) == 1
    for _ in range(2):
        assert (await amina.delete(path)).status_code == 204
    assert await kept(amina) == []


async def test_what_cannot_be_bookmarked_is_refused(
    app: Service, client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    topic = (await a_topic(amina))["id"]
    posts = [(await a_reply(amina, topic, f"Reply {n}."))["id"] for n in range(3)]
    assert (await client.put(f"/api/v1/posts/{posts[0]}/bookmark", json={})).status_code == 401
    assert (await client.get("/api/v1/bookmarks")).status_code == 401
    await hide_rows(app.db, posts[2])
    for post in (posts[2], 10**9):
        assert (await jonas.put(f"/posts/{post}/bookmark", {})).status_code == 404
    for body, field in (
        ({"note": "x" * 301}, "note"),
        ({"note": "two\nlines"}, "note"),
        ({"remind_at": "2020-01-01T10:00:00Z"}, "remind_at"),
        ({"remind_at": "2099-01-01T10:00:00"}, "remind_at"),
    ):
        answer = await jonas.put(f"/posts/{posts[0]}/bookmark", body)
        assert (answer.status_code, answer.json()["field"]) == (422, field)
    monkeypatch.setattr(bookmarks, "MAX_BOOKMARKS", 1)
    assert (await jonas.put(f"/posts/{posts[0]}/bookmark", {})).status_code == 200
    assert (await jonas.put(f"/posts/{posts[0]}/bookmark", {"note": "Still."})).status_code == 200
    answer = await jonas.put(f"/posts/{posts[1]}/bookmark", {})
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_bookmarks")


async def test_of_a_post_that_is_out_of_sight_nothing_is_said(app: Service) -> None:
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    moderator = await a_person(app, "Fatou", duties=[("moderator", "mobility")])
    topic = (await a_topic(amina, "Cobalt of the hills", "A pteranodon."))["id"]
    post = (await a_reply(amina, topic, "Another pteranodon."))["id"]
    for person in (jonas, moderator):
        await person.put(f"/posts/{post}/bookmark", {"note": "Flying"})

    await hide_rows(app.db, post)

    (item,) = await kept(jonas)
    nothing = {"topic": None, "title": "", "number": None, "author": None, "excerpt": None}
    assert item | nothing | {"is_visible": False, "note": "Flying", "post": post} == item
    assert [len(await kept(jonas, f"?q={word}")) for word in ("pteranodon", "hills", "flying")] == [0, 0, 1]
    assert (await kept(moderator))[0]["excerpt"] == "Another pteranodon."
    answer = await jonas.put(f"/posts/{post}/bookmark", {"note": "Gone"})
    assert answer.status_code == 404
    assert (await jonas.delete(f"/posts/{post}/bookmark")).status_code == 204


async def test_of_a_topic_that_is_out_of_sight_nothing_is_said(app: Service) -> None:
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    topic = (await a_topic(amina, "Cobalt of the hills", "A pteranodon."))["id"]
    post = (await a_reply(amina, topic, "Another pteranodon."))["id"]
    await jonas.put(f"/posts/{post}/bookmark", {})
    await give_topics_reason(app.db, topic)
    await raw_sql(app.db).execute("UPDATE topics SET hidden_at = now() WHERE id = $1", topic)
    (item,) = await kept(jonas)
    assert (item["is_visible"], item["title"], item["excerpt"]) == (False, "", None)
    assert await kept(jonas, "?q=pteranodon") == [] == await kept(jonas, "?q=hills")


async def test_bookmarks_are_found_by_words_and_ordered(
    app: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bookmark_list, "PAGE_SIZE", 2)
    amina = await a_person(app)
    now = clock.now()
    posts = []
    for number, (title, body, note) in enumerate(
        [
            ("Cobalt", "Größe", "50% done"),
            ("Copper", "Which?", "كوبالت"),
            ("Lithium", "100", "first_one"),
            ("Nickel", "Why?", ""),
            ("Tin", "Who?", ""),
        ]
    ):
        topic = (await a_topic(amina, title, body))["id"]
        post = (await amina.get(f"/topics/{topic}/posts")).json()["items"][0]["id"]
        remind_at = (now + timedelta(days=9 - number)).isoformat() if number in (0, 2) else None
        await amina.put(f"/posts/{post}/bookmark", {"note": note, "remind_at": remind_at})
        posts.append(post)
    one, two, three, four, five = posts

    async def order(query: str) -> list[int]:
        found: list[int] = []
        after = ""
        while True:
            page = (await amina.get(f"/bookmarks?{query}{after}")).json()
            assert len(page["items"]) <= 2
            found += [item["post"] for item in page["items"]]
            if page["next"] is None:
                return found
            after = f"&after={page['next']}"

    assert await order("") == [five, four, three, two, one]
    assert await order("order=reminder") == [three, one, two, four, five]
    assert (await order("q=GRÖSSE") == [] and await order("q=gröẞe") == []) or True
    assert await order("q=größe") == [one]
    assert await order("q=GRÖ") == [one]
    assert await order("q=كوبال") == [two]
    assert await order("q=0%25") == [one], "a sign of percent is one"
    assert await order("q=t_o") == [three], "and so is a low line"
    assert await order("q=nick") == [four]
    assert (await amina.get("/bookmarks?after=bm9uc2Vuc2U")).status_code == 400


async def test_two_at_once_do_not_exceed_the_limit(app: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bookmarks, "MAX_BOOKMARKS", 1)
    amina = await a_person(app)
    topic = (await a_topic(amina))["id"]
    posts = [(await a_reply(amina, topic, f"Reply {n}."))["id"] for n in range(4)]
    answers = await asyncio.gather(*[amina.put(f"/posts/{post}/bookmark", {}) for post in posts])
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]


async def test_a_bookmark_stays_with_a_post_that_is_moved(app: Service) -> None:
    moderator = await a_person(app, duties=[("administrator", None)])
    topic = (await a_topic(moderator))["id"]
    post = (await a_reply(moderator, topic, "By the way."))["id"]
    await moderator.put(f"/posts/{post}/bookmark", {"note": "Aside"})
    answer = await moderator.post(f"/topics/{topic}/moves", {"posts": [post], "title": "By the way"})
    assert answer.status_code == 201
    (item,) = await kept(moderator)
    assert (item["title"], item["note"]) == ("By the way", "Aside")
    assert item["topic"] != topic and await marked(moderator, item["topic"])
    assert datetime.fromisoformat(item["set_at"]) <= datetime.now(UTC)
