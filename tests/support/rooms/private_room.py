"""A private room with one guest, a rare word in all that is written there, and every way in which the guest reads it."""

import base64
from collections.abc import Sequence
from datetime import timedelta

from msgspec import Struct

from core import clock
from members.emails.emails import OutgoingEmail
from tests.support.discussion import quoting
from tests.support.emails.lanes import send_digests
from tests.support.moderation.cases import decide
from tests.support.people import Person, a_person
from tests.support.requests import GOOD
from tests.support.service import Service, raw_sql

WORD = "thylacine"
COMMITTEE = "steering-committee"
LATER = timedelta(hours=1)


class PrivateRoom(Struct):
    """A room for invited guests, members of a committee, or members; the guest may enter in each case."""

    app: Service
    root: Person
    other: Person
    guest: Person
    room: int
    topic: int
    addresses: Sequence[str] = ()

    async def write(self, body: str = f"A {WORD} lives.") -> dict[str, int]:
        """Post in the room's topic as the other member."""
        said = await self.other.post(f"/topics/{self.topic}/posts", {"body": body})
        assert said.status_code == 201, said.text
        post: dict[str, int] = said.json()
        return post

    async def limit(self, entry: str) -> None:
        """Limit the entry to the room."""
        rules = {"entry": entry, "body": COMMITTEE if entry == "body" else None}
        changed = await self.root.patch(f"/rooms/{self.room}", {"rules": rules})
        assert changed.status_code == 200, changed.text

    async def found(self) -> set[str]:
        """Return the addresses at which the guest finds the word."""
        found = set()
        for address in self.addresses:
            answer = await self.guest.client.get(address, follow_redirects=True)
            assert answer.status_code < 500, address
            text = answer.text.lower()
            for echo in (
                f"q={WORD}",
                f"search: {WORD}",
                f'value="{WORD}"',
                f"{WORD} · search",
                f'"query":"{WORD}"',
            ):
                text = text.replace(echo, "")
            if WORD in text.replace(f"q%3d{WORD}", ""):
                found.add(address)
        return found

    async def emails(self) -> list[OutgoingEmail]:
        """Run all jobs until everything is due; return the e-mails to the guest with the word."""
        await self.app.run_jobs()
        with clock.stop_at(clock.now() + LATER):
            emails = await send_digests(self.app.db)
        return [one for one in emails if WORD in one.text.lower() and self.guest.handle in one.to]

    async def lose(self, how: str) -> None:
        """Take the guest's access away."""
        if how == "uninvited":
            gone = await self.root.delete(f"/rooms/{self.room}/guests/{self.guest.handle}")
        elif how == "seat lost":
            gone = await self.root.delete(f"/bodies/{COMMITTEE}/members/{self.guest.handle}")
        elif how == "closed":
            await self.root.put(f"/rooms/{self.room}/guests/{self.other.handle}", {})
            return await self.limit("invited")
        else:
            asked = await self.guest.post(f"/rooms/{self.room}/questions", {"body": "Who buys my gold?"})
            await self.other.post(f"/posts/{asked.json()['post']}/flags", {"reason": "spam"})
            case = (await self.root.get("/cases")).json()["items"][0]["id"]
            everywhere = {"everywhere": True} if how == "suspend" else {}
            gone = await decide(self.root, case, how, days=1, **everywhere)
        assert gone.status_code in (201, 204), gone.text


async def a_private_room(app: Service, entry: str) -> PrivateRoom:
    """Make the room, with everything in it that can have copies elsewhere."""
    root = await a_person(app, "Root", duties=[("administrator", None)])
    guest, other = await a_person(app, "Guest"), await a_person(app, "Other")
    gathering = (await root.post("/gatherings", GOOD["announce_gathering"])).json()["id"]
    plan = {"title": f"{WORD} room", "body": f"About the {WORD}.", "modules": ["questions", "board"]}
    room = (await root.post(f"/gatherings/{gathering}/rooms", plan)).json()
    made = PrivateRoom(app, root, other, guest, room["id"], room["topic"])
    await made.limit(entry)
    for person in (guest, other):
        if entry == "invited":
            await root.put(f"/rooms/{made.room}/guests/{person.handle}", {})
        elif entry == "body":
            await root.put(f"/bodies/{COMMITTEE}/members/{person.handle}", {})
    await root.put(f"/rooms/{made.room}/state", {"state": "open"})
    made.addresses = await _fill(made, gathering)
    return made


async def _fill(made: PrivateRoom, gathering: int) -> list[str]:
    guest, other, topic, room = made.guest, made.other, made.topic, made.room
    await raw_sql(made.app.db).execute("UPDATE members SET trust_given = 3 WHERE id = $1", other.id)
    content = base64.b64encode(WORD.encode()).decode()
    file = (await other.post("/files", {"name": "a.txt", "content": content})).json()["address"]
    post = await made.write(f"@{guest.handle} a {WORD} lives, see [paper]({file}).")
    await other.patch(
        f"/posts/{post['id']}", {"body": f"@{guest.handle} a {WORD} lived, see [paper]({file})."}
    )
    await made.write(quoting(post, f"a {WORD} lived"))
    key = f"topic:{topic}"
    sketch = {"body": quoting(post, f"a {WORD} lived"), "sequence": 0, "owner": "one"}
    assert (await guest.put(f"/drafts/{key}", sketch)).status_code == 200
    asked = (await other.post(f"/rooms/{room}/questions", {"body": f"Where is the {WORD}?"})).json()
    column = (await other.get(f"/rooms/{room}/columns")).json()["items"][0]["id"]
    await other.post(f"/rooms/{room}/notices", {"title": f"{WORD}!", "body": f"A {WORD}.", "column": column})
    feed_key = (await guest.post("/me/feed-key")).json()["key"]
    await made.app.run_jobs()
    return [
        f"/t/{topic}", f"/t/{topic}/room/2", f"/p/{post['id']}", f"/p/{post['id']}/history", f"/p/{post['id']}/citations",
        f"/p/{post['id']}/reply?quote=1", f"/r/{room}", f"/r/{room}/board", f"/g/{gathering}", f"/q/{asked['id']}",
        f"/p/{asked['post']}", "/", "/s/mobility", "/gatherings", "/inbox", "/drafts", "/unread", "/following",
        f"/search?q={WORD}", f"/offers?q={WORD}", file, f"/cite/posts/{post['id']}", f"/m/{other.handle}",
        *(f"/feeds/{feed}key={feed_key}" for feed in (
            f"topics/{topic}.atom?", "sectors/mobility.atom?", f"search.atom?q={WORD}&",
            f"gatherings/{gathering}.ics?",
        )),
        *(f"/api/v1{path}" for path in (
            f"/topics/{topic}", f"/topics/{topic}/posts", f"/topics/{topic}/changes?since=2020-01-01T00:00:00Z",
            f"/posts/{post['id']}", f"/posts/{post['id']}/revisions", f"/posts/{post['id']}/citations",
            f"/posts/{post['id']}/cite", f"/rooms/{room}", f"/rooms/{room}/questions", f"/rooms/{room}/notices",
            f"/rooms/{room}/columns",
            f"/questions/{asked['id']}", f"/gatherings/{gathering}", f"/gatherings/{gathering}/rooms", "/inbox", "/drafts",
            f"/drafts/{key}", f"/search?q={WORD}", f"/topics/{topic}/export.md", f"/topics/{topic}/export.json",
            "/sectors/mobility/topics", "/unread", "/following", "/new", f"/topics/similar?title={WORD}",
        )),
    ]  # fmt: skip
