"""A gathering with an open room, and people with sessions."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from secrets import token_bytes
from typing import Any, cast

import httpx2
import pytest_asyncio
from msgspec import Struct

from core.actor import VISITOR, Actor
from core.ids import MemberId
from members.accounts.sessions import find_actor, start_session
from members.handles import skeleton
from storage.database import Database, Reader
from storage.event_log import LogEntry, read_after
from storage.statements import statement
from tests.support.service import Service

_names = count(1)

_JOIN = statement("""
INSERT INTO members (handle, skeleton, display_name, email, email_verified_at, joined_at, silenced_until)
VALUES (:handle, :skeleton, :handle, :email, :verified, :now, :silenced) RETURNING id
""")
_GRANT = statement("""
INSERT INTO duties (member_id, duty, sector_id, gathering_id, granted_at)
VALUES (:member, :duty, :sector, :gathering, :now)
""")
_SECTOR = statement("SELECT id FROM sectors WHERE slug = :slug")

SECTOR = "mobility"


class Person(Struct):
    """A visitor, or a member with a session, and an HTTP client."""

    client: httpx2.AsyncClient
    id: int = 0
    token: str | None = None

    async def get(self, path: str, **params: str | int) -> httpx2.Response:
        """Send GET to a path under /api/v1."""
        return await self._ask("GET", path, params=params)

    async def post(self, path: str, body: object, key: str | None = None) -> httpx2.Response:
        """Send POST with JSON to a path under /api/v1."""
        return await self._ask("POST", path, json=body, headers={"Idempotency-Key": key} if key else {})

    async def put(self, path: str, body: object, key: str | None = None) -> httpx2.Response:
        """Send PUT with JSON to a path under /api/v1."""
        return await self._ask("PUT", path, json=body, headers={"Idempotency-Key": key} if key else {})

    async def patch(self, path: str, body: object, version: int | None = None) -> httpx2.Response:
        """Send PATCH with JSON to a path under /api/v1."""
        headers = {} if version is None else {"If-Match": f'"{version}"'}
        return await self._ask("PATCH", path, json=body, headers=headers)

    async def delete(self, path: str) -> httpx2.Response:
        """Send DELETE to a path under /api/v1."""
        return await self._ask("DELETE", path)

    async def _ask(self, method: str, path: str, **request: Any) -> httpx2.Response:
        headers = request.pop("headers", {})
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        return await self.client.request(method, f"/api/v1{path}", headers=headers, **request)


class OpenRoom(Struct):
    """An open room of a gathering, with its host, an administrator and a visitor."""

    app: Service
    db: Database
    sector_id: int
    gathering: int
    room: int
    topic: int
    visitor: Person
    administrator: Person
    host: Person

    async def member(self, **facts: Any) -> Person:
        """Create another member."""
        return await a_member(self.app, **facts)

    async def ask(self, who: Person, body: str = "Why?", anonymous: bool = False) -> dict[str, Any]:
        """Submit a question; return it."""
        answer = await who.post(f"/rooms/{self.room}/questions", {"body": body, "anonymous": anonymous})
        assert answer.status_code == 201, answer.text
        return cast(dict[str, Any], answer.json())

    async def change_state(
        self, who: Person, question: Mapping[str, Any], state: str, **more: object
    ) -> httpx2.Response:
        """Change the state of a question; return the response."""
        why = {"reason": "Not for here"} if state == "dismissed" else {}
        move = {"state": state, "version": question["version"]} | why | more
        return await who.put(f"/questions/{question['id']}/state", move)

    async def vote(self, who: Person, question: Mapping[str, Any], value: int = 1) -> httpx2.Response:
        """Vote for a question; return the response."""
        return await who.put(f"/questions/{question['id']}/vote", {"value": value})

    async def log(self, channel: str, after: int = 0) -> list[LogEntry]:
        """Return the log of a channel after a position."""
        async with self.db.read() as tx:
            return await read_after(tx, channel, after)


async def a_member(
    app: Service,
    *,
    verified: bool = True,
    administrator: bool = False,
    hosts: int | None = None,
    moderates: int | None = None,
    silenced_until: datetime | None = None,
) -> Person:
    """Create a member with a session."""
    now, handle = datetime.now(UTC), f"member{next(_names)}"
    async with app.db.begin() as tx:
        binds = {
            "handle": handle,
            "skeleton": skeleton(handle),
            "email": f"{handle}@example.org",
            "now": now,
            "silenced": silenced_until,
        }
        member = await tx.value(_JOIN, verified=now if verified else None, **binds)
        given: list[tuple[str, int | None, int | None]] = []
        given += [("administrator", None, None)] if administrator else []
        given += [("host", None, hosts)] if hosts else []
        given += [("moderator", moderates, None)] if moderates else []
        for duty, sector, gathering in given:
            await tx.run(_GRANT, member=member, duty=duty, sector=sector, gathering=gathering, now=now)
        token = await start_session(tx, MemberId(member), token_bytes(32))
    return Person(app.client(token), member, token)


async def the_actor(db: Database, person: Person) -> Actor:
    """Return the actor for a person."""
    if person.token is None:
        return VISITOR
    async with db.read() as tx:
        actor = await find_actor(tx, person.token, datetime.now(UTC))
    assert actor is not None
    return actor


async def make_open_room(app: Service) -> OpenRoom:
    """Create an open room in a gathering that takes place now."""
    async with app.db.read() as tx:
        sector_id = await tx.value(_SECTOR, slug=SECTOR)
    administrator = await a_member(app, administrator=True)
    gathering = (await administrator.post("/gatherings", a_webinar(datetime.now(UTC)))).json()["id"]
    host = await a_member(app, hosts=gathering)
    room = (await host.post(f"/gatherings/{gathering}/rooms", {"title": "Plenary"})).json()
    opened = await host.put(f"/rooms/{room['id']}/state", {"state": "open"})
    assert opened.status_code == 200, opened.text
    return OpenRoom(
        app=app,
        db=app.db,
        sector_id=sector_id,
        gathering=gathering,
        room=room["id"],
        topic=room["topic"],
        visitor=Person(app.client()),
        administrator=administrator,
        host=host,
    )


def a_webinar(now: datetime, **facts: object) -> dict[str, object]:
    """Return the fields that announce a gathering."""
    times = {"starts_at": now.isoformat(), "ends_at": (now + timedelta(hours=1)).isoformat()}
    return {"sector": SECTOR, "title": "A webinar", "time_zone": "Europe/Vienna", **times} | facts


@asynccontextmanager
async def statements_of(tx: Reader) -> AsyncIterator[list[str]]:
    """Record the statements that a transaction sends to the database."""
    sent: list[str] = []
    with tx.connection.query_logger(lambda record: sent.append(record.query)):
        yield sent
        await asyncio.sleep(0)  # the driver calls the logger in the next iteration of the event loop


@pytest_asyncio.fixture
async def open_room(app: Service) -> OpenRoom:
    """An open room in an announced gathering, with its host."""
    return await make_open_room(app)
