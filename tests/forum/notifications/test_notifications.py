"""Tests of the inbox: members see each notification once, with its reason, and only while they can read its post."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from core.ids import MemberId, PostId, TopicId
from forum.notifications import inbox, notifications
from tertulia.scheduled_jobs import CLEANUPS
from tertulia.worker import Worker
from tests.support.moderation.hidden_posts import give_topics_reason, hide_rows
from tests.support.pages import open_page
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.rooms.open_room import make_open_room
from tests.support.service import Service, raw_sql


class Told:
    """A topic with a post, and somebody who is told of it."""

    def __init__(self, app: Service, reader: Person, topic: int, post: int) -> None:
        self.app, self.reader, self.topic, self.post = app, reader, topic, post

    async def tell(self, kind: str = "answered", post: int | None = None, who: Person | None = None) -> int:
        """Tell the reader, or somebody else."""
        reasons = {MemberId((who or self.reader).id): "You asked this in “Plenary”."}
        async with self.app.db.begin() as tx:
            return await notifications.notify(
                tx, kind, TopicId(self.topic), PostId(post or self.post), reasons
            )

    async def items(self, who: Person | None = None) -> list[dict[str, object]]:
        """What the inbox shows."""
        page = (await (who or self.reader).get("/inbox")).json()
        items: list[dict[str, object]] = page["items"]
        assert page["unread"] == sum(not item["is_read"] for item in items)
        assert (await (who or self.reader).get("/inbox/unread")).json() == {"unread": page["unread"]}
        return items


@pytest_asyncio.fixture
async def told(app: Service) -> Told:
    author, reader = await a_person(app, "Author"), await a_person(app, "Reader")
    topic = (await a_topic(author))["id"]
    return Told(app, reader, topic, (await a_reply(author, topic, "We compared both."))["id"])


async def test_what_one_is_told_says_why(told: Told) -> None:
    assert await told.tell() == 1

    (item,) = await told.items()

    assert item["reason"] == "You asked this in “Plenary”."
    assert (item["topic"], item["post"], item["number"]) == (told.topic, told.post, 2)
    assert (item["kind"], item["is_read"], item["excerpt"]) == ("answered", False, "We compared both.")


async def test_nobody_is_told_the_same_twice(told: Told) -> None:
    assert [await told.tell(), await told.tell(), await told.tell("other")] == [1, 0, 1]
    assert len(await told.items()) == 2


async def test_reading_is_set_and_can_be_said_again(told: Told) -> None:
    await told.tell()
    await told.tell("other")
    second, first = await told.items()

    answers = [(await told.reader.put(f"/inbox/{first['id']}/read")).json() for _ in range(2)]

    assert answers == [{"unread": 1}, {"unread": 1}]
    assert [item["is_read"] for item in await told.items()] == [False, True]
    assert (await told.reader.put("/inbox/read")).json() == {"unread": 0}
    assert [item["is_read"] for item in await told.items()] == [True, True]
    assert second["kind"] == "other"


async def test_those_of_a_topic_are_read_together(told: Told) -> None:
    await told.tell()
    await told.tell("other")
    await told.tell("third")
    third, other, first = await told.items()
    assert (await told.reader.put(f"/inbox/{other['id']}/read?earlier=true")).json() == {"unread": 1}
    assert [item["is_read"] for item in await told.items()] == [False, True, True]
    page = await told.reader.client.post("/inbox/read", data={"read": f"topic-{third['id']}"})
    assert page.status_code == 303
    assert [item["is_read"] for item in await told.items()] == [True, True, True]
    stranger = await a_person(told.app)
    assert (await stranger.put(f"/inbox/{first['id']}/read?earlier=true")).status_code == 404


async def test_who_did_it_is_told_unless_the_post_is_anonymous(told: Told) -> None:
    await told.tell("reply")
    (item,) = await told.items()
    assert item["by"] and item["by"]["display_name"] == "Author"  # type: ignore[index]
    page = await told.reader.client.get("/inbox", headers={"Accept": "text/html"})
    assert "<b><bdi>Author</bdi></b> replied in" in page.text and 'data-i="A"' in page.text
    # As for a question without a name.
    await raw_sql(told.app.db).execute(
        "UPDATE posts SET author_id = NULL, pseudonym = decode(repeat('00', 16), 'hex') WHERE id = $1",
        told.post,
    )
    (item,) = await told.items()
    assert item["by"] is None
    page = await told.reader.client.get("/inbox", headers={"Accept": "text/html"})
    assert "<bdi>Somebody</bdi>" in page.text and "Author" not in page.text


async def test_the_post_of_the_recipient_names_nobody(told: Told) -> None:
    await told.tell("answered")
    (item,) = await told.items()
    assert item["by"] is None


async def test_an_inbox_is_its_members_alone(told: Told, app: Service) -> None:
    await told.tell()
    (item,) = await told.items()
    other, root = await a_person(app), await a_person(app, duties=[("administrator", None)])

    for stranger in (other, root):
        assert await told.items(stranger) == []
        assert (await stranger.put(f"/inbox/{item['id']}/read")).status_code == 404
        await stranger.put("/inbox/read")
    async with app.client() as visitor:
        assert (await visitor.get("/api/v1/inbox")).status_code == 401
        assert (await visitor.put("/api/v1/inbox/read")).status_code == 401
    assert [one["is_read"] for one in await told.items()] == [False]


@pytest.mark.parametrize(
    ("gone", "back"),
    [
        ("hide", "UPDATE posts SET state = 'published'"),
        ("UPDATE posts SET state = 'withdrawn' WHERE id = {post}", "UPDATE posts SET state = 'published'"),
        ("UPDATE topics SET hidden_at = now() WHERE id = {topic}", "UPDATE topics SET hidden_at = NULL"),
        ("UPDATE topics SET readers = 'listed' WHERE id = {topic}", "UPDATE topics SET readers = 'everyone'"),
    ],
)
async def test_what_one_may_not_read_is_not_there(told: Told, gone: str, back: str) -> None:
    await told.tell()
    (item,) = await told.items()

    if gone == "hide":
        await hide_rows(told.app.db, told.post)
    else:
        await give_topics_reason(told.app.db, told.topic)
        await raw_sql(told.app.db).execute(gone.format(post=told.post, topic=told.topic))

    assert await told.items() == []
    assert (await told.reader.put(f"/inbox/{item['id']}/read")).status_code == 404
    assert (await told.reader.put("/inbox/read")).json() == {"unread": 0}
    await raw_sql(told.app.db).execute(back)
    assert [one["is_read"] for one in await told.items()] == [False], "nothing unseen was marked as read"


async def test_pages_follow_each_other_without_gap_or_twin(told: Told) -> None:
    for number in range(inbox.PAGE_SIZE + 3):
        await told.tell(f"kind-{number}")

    first = (await told.reader.get("/inbox")).json()
    second = (await told.reader.get("/inbox", params={"after": first["next"]})).json()

    kinds = [item["kind"] for item in first["items"] + second["items"]]
    assert kinds == [f"kind-{number}" for number in reversed(range(inbox.PAGE_SIZE + 3))]
    assert second["next"] is None
    assert first["unread"] == second["unread"] == inbox.PAGE_SIZE + 3


async def test_the_members_channel_says_when_to_look_again(told: Told, app: Service) -> None:
    before = (await told.reader.get("/inbox")).json()["stream"]

    async with app.listening(before["channel"], told.reader.token, after=before["seq"]) as feed:
        await told.tell()
        event = (await feed.next())["event"]
        (item,) = await told.items()
        assert event == {"type": "notified", "notification_id": item["id"]}
        await told.reader.put(f"/inbox/{item['id']}/read")
        assert (await feed.next())["event"] == {"type": "inbox_read"}
        await told.reader.put(f"/inbox/{item['id']}/read")
        await told.tell("other")
        assert (await feed.next())["event"]["type"] == "notified", "what changed nothing is not told"


async def test_what_was_told_long_ago_is_forgotten(app: Service) -> None:
    open_room = await make_open_room(app)
    question = await open_room.ask(await open_room.member())
    now = datetime.now(UTC)
    told = [(20, None), (364, None), (366, None), (200, 89), (200, 91)]
    for n, (told_days, read_days) in enumerate(told):
        await raw_sql(open_room.db).execute(
            "INSERT INTO notifications (member_id, kind, reason, topic_id, post_id, told_at, read_at)"
            " VALUES ($1, $2, 'Because', $3, $4, $5, $6)",
            open_room.host.id, f"kind {n}", open_room.topic, question["post"], now - timedelta(days=told_days),
            None if read_days is None else now - timedelta(days=read_days),
        )  # fmt: skip

    await Worker(open_room.db, {}, cleanups=CLEANUPS).clean_up(now)

    kept = await raw_sql(open_room.db).fetch(
        "SELECT kind FROM notifications WHERE reason = 'Because' ORDER BY kind"
    )
    assert [row["kind"] for row in kept] == ["kind 0", "kind 1", "kind 3"]


async def test_what_is_done_is_put_away_with_what_came_before_and_found_again(told: Told) -> None:
    await told.tell()
    await told.tell("reminder")
    latest, first = await told.items()
    await told.tell("assigned")

    assert (await told.reader.put(f"/inbox/{latest['id']}/done")).json() == {"unread": 1}

    assert [item["kind"] for item in await told.items()] == ["assigned"], "what came later stays"
    away = (await told.reader.get("/inbox?done=true")).json()["items"]
    assert [(item["id"], item["is_read"], item["is_done"]) for item in away] == [
        (latest["id"], True, True),
        (first["id"], True, True),
    ]
    assert (await told.reader.put(f"/inbox/{latest['id']}/done")).json() == {"unread": 1}, "twice is once"
    assert (await told.reader.delete(f"/inbox/{latest['id']}/done")).status_code == 200
    assert len(await told.items()) == 3
    stranger = await a_person(told.app)
    assert (await stranger.put(f"/inbox/{latest['id']}/done")).status_code == 404


async def test_an_inbox_is_narrowed_down_to_kinds(told: Told) -> None:
    for kind in ("reply", "answered", "reminder"):
        await told.tell(kind)

    for only, kinds in (
        ("replies", ["reply"]),
        ("tasks", ["reminder"]),
        ("rooms", ["answered"]),
        ("found", []),
    ):
        page = (await told.reader.get(f"/inbox?only={only}")).json()
        assert [item["kind"] for item in page["items"]] == kinds
        assert page["unread"] == 3, "how many there are of all"
    refused = await told.reader.get("/inbox?only=nothing")
    assert refused.status_code in (400, 422) and refused.json()["code"]


async def test_the_page_puts_away_and_narrows_down_without_a_script(told: Told) -> None:
    await told.tell("reply")
    (item,) = await told.items()
    headers = {"Origin": told.app.urls[0]}
    page = await told.reader.client.get("/inbox?only=replies")
    assert f'value="done-{item["id"]}"' in page.text
    assert re.search(r'aria-current="page">\s*Replies', page.text)
    form = {"read": f"done-{item['id']}", "back": "/inbox?only=replies"}
    done = await told.reader.client.post("/inbox/read", data=form, headers=headers)
    assert (done.status_code, done.headers["location"]) == (303, "/inbox?only=replies")
    assert f'value="undone-{item["id"]}"' in (await told.reader.client.get("/inbox?done=true")).text
    back = {"read": f"undone-{item['id']}", "back": "https://elsewhere.example/"}
    assert (await told.reader.client.post("/inbox/read", data=back, headers=headers)).headers[
        "location"
    ] == "/"
    assert len(await told.items()) == 1
    bad = await told.reader.client.post("/inbox/read", data={"read": "burn-1"}, headers=headers)
    assert bad.status_code >= 400


async def test_a_title_adds_no_html_after_whoever_accepted_the_answer_has_left(app: Service) -> None:
    asker, jonas = await a_person(app, "Asker"), await a_person(app, "Jonas")
    topic = (await a_topic(asker, "Tin <img src=x>", kind="question"))["id"]
    reply = await a_reply(jonas, topic)
    assert (await asker.put(f"/topics/{topic}/answer", {"post": reply["id"]})).is_success
    await raw_sql(app.db).execute("UPDATE notifications SET because = because - 'by'")
    page = await open_page(jonas, "/inbox")
    assert "accepted" in page and "&lt;img src=x&gt;" in page and "<img src=x" not in page
