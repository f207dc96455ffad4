"""Tests of following: chosen and automatic levels, and following after moves."""

from typing import Any

import pytest
import pytest_asyncio

from tests.support.moderation.hidden_posts import give_topics_reason
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.service import Service, raw_sql


async def following(who: Person, topic: int) -> tuple[str, str]:
    answer = await who.get(f"/topics/{topic}/following")
    assert answer.status_code == 200, answer.text
    found = answer.json()
    return found["level"], found["because"]


async def choose(who: Person, path: str, level: str | None) -> dict[str, Any]:
    answer = await (
        who.put(f"{path}/following", {"level": level}) if level else who.delete(f"{path}/following")
    )
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


class Talk:
    """A topic with a tag, its author, a member who answered and one who did nothing yet."""

    def __init__(self, author: Person, writer: Person, reader: Person, topic: int, reply: int) -> None:
        self.author, self.writer, self.reader, self.topic, self.reply = author, writer, reader, topic, reply


@pytest_asyncio.fixture
async def talk(app: Service) -> Talk:
    author, writer, reader = [await a_person(app, name) for name in ("Author", "Writer", "Reader")]
    topic = (await a_topic(author, tags=["cobalt"]))["id"]
    reply = (await a_reply(writer, topic))["id"]
    await app.run_jobs()
    return Talk(author, writer, reader, topic, reply)


async def test_one_follows_what_one_opens_and_writes_in(talk: Talk) -> None:
    assert await following(talk.author, talk.topic) == ("watching", "opened")
    assert await following(talk.writer, talk.topic) == ("tracking", "replied")
    assert await following(talk.reader, talk.topic) == ("normal", "nothing")


async def test_who_reads_for_five_minutes_follows(talk: Talk) -> None:
    for _ in range(4):
        await talk.reader.put(f"/topics/{talk.topic}/reading", {"seconds": 60})
        assert await following(talk.reader, talk.topic) == ("normal", "nothing")

    await talk.reader.put(f"/topics/{talk.topic}/reading", {"seconds": 60})

    assert await following(talk.reader, talk.topic) == ("tracking", "read")


async def test_what_one_chose_no_deed_changes(app: Service, talk: Talk) -> None:
    chosen = await choose(talk.reader, f"/topics/{talk.topic}", "muted")
    assert (chosen["level"], chosen["chosen"], chosen["automatic"]) == ("muted", "muted", None)

    await a_reply(talk.reader, talk.topic)
    await app.run_jobs()
    await talk.reader.put(f"/topics/{talk.topic}/reading", {"seconds": 600})

    assert await following(talk.reader, talk.topic) == ("muted", "chosen")
    again = await choose(talk.reader, f"/topics/{talk.topic}", None)
    assert (again["level"], again["because"]) == ("tracking", "replied"), "what came of itself was not lost"


async def test_the_most_of_sector_tag_and_deeds_counts(talk: Talk) -> None:
    await choose(talk.reader, "/sectors/mobility", "tracking")
    assert await following(talk.reader, talk.topic) == ("tracking", "sector")
    await choose(talk.reader, "/tags/cobalt", "watching")
    assert await following(talk.reader, talk.topic) == ("watching", "tag")
    await choose(talk.reader, "/tags/cobalt", "muted")
    assert await following(talk.reader, talk.topic) == ("tracking", "sector")
    await choose(talk.writer, "/sectors/mobility", "muted")
    assert await following(talk.writer, talk.topic) == ("tracking", "replied")
    await choose(talk.reader, f"/topics/{talk.topic}", "normal")
    assert await following(talk.reader, talk.topic) == ("normal", "chosen")


async def test_first_posts_are_for_sectors_and_tags_alone(talk: Talk) -> None:
    refused = await talk.reader.put(f"/topics/{talk.topic}/following", {"level": "watching_first_post"})
    assert refused.status_code == 422
    assert (await choose(talk.reader, "/tags/cobalt", "watching_first_post"))[
        "level"
    ] == "watching_first_post"


async def test_other_devices_hear_of_it(app: Service, talk: Talk) -> None:
    async with app.listening(f"member:{talk.reader.id}", talk.reader.token, after=0) as feed:
        for path in (f"/topics/{talk.topic}", "/sectors/mobility", "/tags/cobalt"):
            chosen = await choose(talk.reader, path, "watching")
            assert (await feed.next())["event"] == {"type": "following_changed", "following": chosen}
        await choose(talk.reader, "/tags/cobalt", "watching")
        left = await choose(talk.reader, "/tags/cobalt", None)
        assert (await feed.next())["event"]["following"] == left, "what changes nothing is not told"


async def test_all_that_is_followed_stands_in_one_list(talk: Talk) -> None:
    await choose(talk.writer, "/sectors/mobility", "tracking")
    await choose(talk.writer, "/tags/cobalt", "muted")

    items = (await talk.writer.get("/following")).json()["items"]

    assert [(one["scope"], one["id"], one["level"]) for one in items] == [
        ("sector", "mobility", "tracking"),
        ("tag", "cobalt", "muted"),
        ("topic", talk.topic, "tracking"),
    ]
    await give_topics_reason(talk.author.service.db)
    await raw_sql(talk.author.service.db).execute("UPDATE topics SET hidden_at = now()")
    items = (await talk.writer.get("/following")).json()["items"]
    assert [one["scope"] for one in items] == ["sector", "tag"], "nothing tells of a topic that is not seen"


async def test_what_is_muted_is_not_left_to_read(talk: Talk) -> None:
    counts = await talk.reader.get("/unread/counts")
    assert counts.json()["items"] == [{"sector": "mobility", "unread": 0, "new": 1}]
    await choose(talk.reader, "/sectors/mobility", "muted")
    assert (await talk.reader.get("/unread/counts")).json()["items"] == []
    await choose(talk.reader, f"/topics/{talk.topic}", "tracking")
    assert (await talk.reader.get("/unread/counts")).json()["items"] != []
    await choose(talk.reader, "/sectors/mobility", None)
    await choose(talk.reader, f"/topics/{talk.topic}", "muted")
    assert (await talk.reader.get("/unread/counts")).json()["items"] == []


@pytest.mark.parametrize("how", ["split", "merge"])
async def test_what_becomes_of_a_topic_is_followed_like_it(app: Service, talk: Talk, how: str) -> None:
    root = await a_person(app, duties=[("administrator", None)])
    await choose(talk.reader, f"/topics/{talk.topic}", "watching")
    if how == "split":
        move = {"posts": [talk.reply], "title": "By the way"}
    else:
        other = (await a_topic(root, "The same"))["id"]
        await choose(talk.writer, f"/topics/{other}", "muted")
        move = {"into": other}

    moved = await root.post(f"/topics/{talk.topic}/moves", move)
    assert moved.status_code == 201, moved.text
    there = moved.json()["target"]["id"]

    assert await following(talk.author, there) == ("watching", "opened")
    assert await following(talk.reader, there) == ("watching", "chosen")
    expected = ("tracking", "replied") if how == "split" else ("muted", "chosen")
    assert await following(talk.writer, there) == expected


async def test_it_is_chosen_without_a_script(talk: Talk) -> None:
    client, headers = talk.reader.client, {"Origin": talk.author.service.urls[0]}
    for of, level, back in (
        (f"topic:{talk.topic}", "watching", f"/t/{talk.topic}/cobalt-tracing"),
        ("sector:mobility", "muted", "/s/mobility"),
        ("tag:cobalt", "watching_first_post", "/tags/cobalt"),
    ):
        answer = await client.post("/following", data={"of": of, "level": level}, headers=headers)
        assert (answer.status_code, answer.headers.get("location")) == (303, back)
    assert await following(talk.reader, talk.topic) == ("watching", "chosen")
    for of, level in ((f"topic:{talk.topic}", "watching_first_post"), ("x:1", "muted"), ("tag:!", "muted")):
        answer = await client.post("/following", data={"of": of, "level": level}, headers=headers)
        assert answer.status_code == 422
    assert "Muted" in (await client.get("/following")).text


async def test_mail_of_one_thing_is_wished_apart_and_stays_when_the_level_changes(talk: Talk) -> None:
    path = f"/topics/{talk.topic}/following"
    assert (await talk.reader.put(path, {"level": "watching", "mail": "weekly"})).json()["mail"] == "weekly"
    assert (await talk.reader.put(path, {"level": "tracking"})).json()["mail"] == "weekly"
    assert (await talk.reader.put(path, {"level": "tracking", "mail": None})).json()["mail"] is None
    headers = {"Origin": talk.author.service.urls[0]}
    for of, now in ((f"topic:{talk.topic}", "tracking"), ("sector:mobility", "")):
        form = {"of": of, "now": now, "mail": "never"}
        assert (await talk.reader.client.post("/following", data=form, headers=headers)).status_code == 303
    assert await following(talk.reader, talk.topic) == ("tracking", "chosen")
    items = (await talk.reader.get("/following")).json()["items"]
    assert [(one["scope"], one["mail"]) for one in items] == [("sector", "never"), ("topic", "never")]
