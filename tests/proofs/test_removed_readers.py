"""A guest who was removed from a private room: jobs in the background show the guest no more of the room than the pages
do."""

from contextlib import AsyncExitStack
from datetime import timedelta

import msgspec
import pytest
import pytest_asyncio
from msgspec import Struct

from core import clock
from forum.notifications.digests import queue_next_digest
from members.accounts.actors import load_reader, load_readers
from members.emails.emails import OutgoingEmail
from tests.support.emails.lanes import send_digests
from tests.support.moderation.cases import decide
from tests.support.people import Person, a_person, a_topic
from tests.support.rooms.open_room import OpenRoom, make_open_room
from tests.support.rooms.private_room import WORD, a_private_room
from tests.support.service import Service, raw_sql
from tests.support.streams import hears

LATER = timedelta(hours=1)


class Room(Struct):
    """A private room with a guest and a second member who stays."""

    app: Service
    open_room: OpenRoom
    guest: Person
    other: Person
    root: Person

    async def write(self, body: str) -> int:
        """Post in the room's topic; return the id of the post."""
        said = await self.other.post(f"/topics/{self.open_room.topic}/posts", {"body": body})
        assert said.status_code == 201, said.text
        return int(said.json()["id"])

    async def remove(self) -> None:
        """Remove the guest by a moderator's decision about the guest's question."""
        asked = await self.guest.post(
            f"/rooms/{self.open_room.room}/questions", {"body": "Who buys my gold?"}
        )
        post = asked.json()["post"]
        assert (await self.other.post(f"/posts/{post}/flags", {"reason": "spam"})).status_code == 201
        case = (await self.root.get("/cases")).json()["items"][0]["id"]
        assert (await decide(self.root, case, "remove", days=1)).status_code == 201
        assert (await self.guest.get(f"/rooms/{self.open_room.room}")).status_code == 404

    async def emails(self) -> list[OutgoingEmail]:
        """Run all jobs until everything is due; return the e-mails."""
        await self.app.run_jobs()
        with clock.stop_at(clock.now() + LATER):
            return await send_digests(self.app.db)

    async def told(self) -> list[str]:
        """Return the kinds of the notifications of the guest, visible or not."""
        await self.app.run_jobs()
        rows = await raw_sql(self.app.db).fetch(
            "SELECT kind FROM notifications WHERE member_id = $1 AND topic_id = $2",
            self.guest.id,
            self.open_room.topic,
        )
        return [row["kind"] for row in rows]


@pytest_asyncio.fixture
async def room(app: Service) -> Room:
    open_room = await make_open_room(app)
    guest, other = await a_person(app, "Guest"), await a_person(app, "Other")
    run = raw_sql(app.db).execute
    await run("UPDATE topics SET readers = 'listed' WHERE id = $1", open_room.topic)
    for one in (guest, other):
        await run("INSERT INTO topic_readers VALUES ($1, $2)", open_room.topic, one.id)
    return Room(app, open_room, guest, other, await a_person(app, "Root", duties=[("administrator", None)]))


async def test_feeds_show_nothing_from_the_room(room: Room) -> None:
    key = (await room.guest.post("/me/feed-key")).json()["key"]
    await room.write("Cobalt of the hills.")
    await room.app.run_jobs()
    feeds = [f"/feeds/topics/{room.open_room.topic}.atom?key={key}", f"/feeds/search.atom?q=cobalt&key={key}"]

    async def read() -> list[str]:
        return [(await room.guest.client.get(feed)).text for feed in feeds]

    assert ["Cobalt of the hills" in feed for feed in await read()] == [True, True]
    await room.remove()
    assert ["Cobalt of the hills" in feed for feed in await read()] == [False, False]


async def test_waiting_emails_to_removed_guests_are_not_sent(room: Room) -> None:
    body = f"Cobalt for @{room.guest.handle}."
    await room.write(body)
    assert await room.told() == ["mentioned"]
    await room.remove()
    assert [one.text for one in await room.emails() if "Cobalt" in one.text] == []


async def test_queued_emails_to_removed_guests_are_not_sent(room: Room) -> None:
    await room.write(f"Cobalt for @{room.guest.handle}.")
    await room.app.run_jobs()
    with clock.stop_at(clock.now() + LATER):
        assert await queue_next_digest(room.app.db)
    await room.remove()
    assert [one.text for one in await room.emails() if "Cobalt" in one.text] == []
    outcome = "SELECT outcome FROM outbox WHERE kind = 'digest' ORDER BY id LIMIT 1"
    assert await raw_sql(room.app.db).fetchval(outcome) == "not_needed"


async def test_waiting_emails_to_remaining_guests_are_sent(room: Room) -> None:
    await room.write(f"Cobalt for @{room.guest.handle}.")
    assert ["Cobalt" in one.text for one in await room.emails()] == [True]


async def test_removed_guests_are_not_reminded_of_their_bookmarks(room: Room) -> None:
    await room.write("Cobalt of the hills.")
    posts = (await room.guest.get(f"/topics/{room.open_room.topic}/posts")).json()["items"]
    post = next(one["id"] for one in posts if "Cobalt" in one["html"])
    assert (await room.guest.put(f"/posts/{post}/bookmark", {})).status_code == 200
    await room.remove()
    await raw_sql(room.app.db).execute("UPDATE bookmarks SET remind_at = now()")
    assert "bookmarked" not in await room.told()
    assert "Cobalt" not in (await room.guest.get("/bookmarks")).text


async def test_mentions_in_the_room_do_not_notify_removed_guests(room: Room) -> None:
    await room.write(f"Copper for @{room.guest.handle}.")
    assert await room.told() == ["mentioned"]
    await room.remove()
    await room.write(f"Cobalt for @{room.guest.handle}.")
    assert await room.told() == ["mentioned"], "the first alone"


async def test_previews_do_not_list_removed_guests(room: Room) -> None:
    sketch = {"body": f"@{room.guest.handle}", "draft": f"topic:{room.open_room.topic}"}
    before = (await room.other.post("/previews", sketch)).json()
    await room.remove()
    after = (await room.other.post("/previews", sketch)).json()
    assert [len(seen["told"]) for seen in (before, after)] == [1, 0]
    assert after["not_told"] == [room.guest.handle]


async def test_saved_searches_find_nothing_in_the_room(room: Room) -> None:
    kept = await room.guest.post("/searches", {"query": "cobalt", "told": "soon"})
    assert kept.status_code == 201
    due = "UPDATE saved_searches SET due_at = due_at - interval '2 days'"
    await room.write("Cobalt of the hills.")
    await room.app.run_jobs()
    await raw_sql(room.app.db).execute(due)
    assert await room.told() == ["found"]
    await raw_sql(room.app.db).execute("DELETE FROM notifications")
    await room.remove()
    await room.write("Cobalt of the plains.")
    await room.app.run_jobs()
    await raw_sql(room.app.db).execute(due)
    assert await room.told() == []


async def test_background_readers_have_no_roles_and_keep_their_sanctions(
    room: Room,
) -> None:
    await room.remove()
    async with room.app.db.read() as tx:
        now = clock.now()
        readers = await load_readers(tx, [room.guest.id, room.root.id], now)
        back = await load_reader(tx, room.guest.id, now + timedelta(days=1, seconds=1))
    guest, root = await room.guest.actor(), readers[room.root.id]
    assert readers[room.guest.id].removed == guest.removed == {room.open_room.topic}
    assert back.removed == frozenset()
    assert (root.is_administrator, root.moderates, root.hosts) == (False, frozenset(), frozenset())


WAYS = [
    ("invited", "remove"),
    ("invited", "uninvited"),
    ("body", "seat lost"),
    ("members", "closed"),
    ("members", "suspend"),
    ("invited", "suspend"),
    ("body", "suspend"),
]


@pytest.mark.parametrize(("entry", "how"), WAYS, ids=[f"{entry} {how}" for entry, how in WAYS])
async def test_who_lost_access_to_a_room_reads_nothing_of_it_anywhere(
    app: Service, entry: str, how: str
) -> None:
    room = await a_private_room(app, entry)
    before = await room.found()
    assert len(before) >= 25, sorted(set(room.addresses) - before)
    channels = [f"topic:{room.topic}", f"room:{room.room}"]
    assert (await room.guest.post("/searches", {"query": WORD, "told": "soon"})).status_code == 201

    async with AsyncExitStack() as stack:
        feeds = [
            await stack.enter_async_context(app.listening(channel, room.guest.token)) for channel in channels
        ]
        assert [feed.joined["type"] for feed in feeds] == ["joined", "joined"]
        await room.lose(how)
        for feed in feeds:
            assert (await hears(feed, "left"))["code"] == "no_access"
        await room.write(f"@{room.guest.handle} another {WORD}.")
        await app.run_jobs()
        for feed, channel in zip(feeds, channels, strict=True):
            await feed.socket.send(
                msgspec.json.encode({"type": "join", "channel": channel, "after": 0}).decode()
            )
            said = await feed.frame()
            assert said["type"] != "joined" and WORD not in str(said)

    assert await room.found() == set()
    assert await room.emails() == []
    due = "UPDATE saved_searches SET due_at = due_at - interval '2 days'"
    await raw_sql(app.db).execute(due)
    assert await room.emails() == []
    assert await room.found() == set()


async def test_what_a_suspended_member_reads_is_what_visitors_read(app: Service) -> None:
    room = await a_private_room(app, "members")
    open_topic = await a_topic(room.other, "For everyone", "Public words.")
    await room.lose("suspend")
    assert (await room.guest.get(f"/topics/{room.topic}")).status_code == 404
    assert (await room.guest.get(f"/topics/{open_topic['id']}")).status_code == 200
    with clock.stop_at(clock.now() + timedelta(days=2)):
        assert (await room.guest.get(f"/topics/{room.topic}")).status_code in (200, 401)
