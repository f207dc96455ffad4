"""Builders for members, topics and replies."""

from collections.abc import Awaitable, Callable, Sequence
from itertools import count
from typing import Any

import httpx2
from msgspec import Struct

from core import clock
from core.actor import Actor
from core.ids import MemberId
from members.accounts.sessions import find_actor, start_session
from members.handles import skeleton
from members.tokens import new_secret
from storage.statements import statement
from tests.support.service import Service

_numbers = count(1)

# A direct insert: hashing a password would take a tenth of a second for each member.
_JOIN = statement("""
INSERT INTO members (handle, skeleton, display_name, email, email_verified_at, joined_at, silenced_until)
VALUES (:handle, :skeleton, :name, :email, :verified_at, :now, :silenced_until) RETURNING id
""")
_GRANT = statement("""
INSERT INTO duties (member_id, duty, sector_id, gathering_id, granted_at)
VALUES (:member, :duty, (SELECT id FROM sectors WHERE slug = :sector), :gathering, :now)
""")


class Person(Struct):
    """A member with a session and an HTTP client."""

    id: int
    handle: str
    token: str
    client: httpx2.AsyncClient
    service: Service

    async def actor(self) -> Actor:
        """Return the actor for this person."""
        async with self.service.db.read() as tx:
            actor = await find_actor(tx, self.token, clock.now())
        assert actor is not None
        return actor

    async def get(self, path: str, **options: Any) -> httpx2.Response:
        """Send GET to a path under /api/v1."""
        return await self.client.get(f"/api/v1{path}", **options)

    async def post(self, path: str, body: Any = None, **options: Any) -> httpx2.Response:
        """Send POST with JSON to a path under /api/v1."""
        return await self.client.post(f"/api/v1{path}", json=body, **options)

    async def put(self, path: str, body: Any = None, **options: Any) -> httpx2.Response:
        """Send PUT with JSON to a path under /api/v1."""
        return await self.client.put(
            f"/api/v1{path}", **({"json": body} if body is not None else {}), **options
        )

    async def patch(self, path: str, body: Any, **options: Any) -> httpx2.Response:
        """Send PATCH with JSON to a path under /api/v1."""
        return await self.client.patch(f"/api/v1{path}", json=body, **options)

    async def delete(self, path: str, **options: Any) -> httpx2.Response:
        """Send DELETE to a path under /api/v1."""
        return await self.client.delete(f"/api/v1{path}", **options)


async def a_person(
    service: Service,
    name: str = "Amina",
    *,
    duties: Sequence[tuple[str, str | int | None]] = (),
    verified: bool = True,
    silenced_until: Any = None,
) -> Person:
    """Create a member with a session; roles are given as ("administrator", None), ("moderator", "mobility") or ("host",
    7)."""
    number, now = next(_numbers), clock.now()
    handle = f"{name.lower()}-{number}"
    async with service.db.begin() as tx:
        member = await tx.value(
            _JOIN,
            handle=handle,
            skeleton=skeleton(handle),
            name=name,
            email=f"{handle}@example.org",
            verified_at=now if verified else None,
            now=now,
            silenced_until=silenced_until,
        )
        for duty, where in duties:
            sector = where if duty == "moderator" else None
            gathering = where if duty == "host" else None
            await tx.run(_GRANT, member=member, duty=duty, sector=sector, gathering=gathering, now=now)
        token = await start_session(tx, MemberId(member), new_secret())
    assert token is not None
    return Person(member, handle, token, service.client(token), service)


async def answered(send: Callable[[], Awaitable[httpx2.Response]]) -> httpx2.Response:
    """Send a request, and again as long as the service is too busy for it (503), as clients do; return the answer.

    For tests in which many wait for one row: on a busy machine some of them wait for longer than the service lets them.
    """
    for _ in range(20):
        answer = await send()
        if answer.status_code != 503:
            break
    return answer


async def a_topic(
    person: Person, title: str = "Cobalt tracing", body: str = "Which scheme?", **more: Any
) -> dict[str, Any]:
    """Create a topic, by default in the sector mobility; return it."""
    sector = more.pop("sector", "mobility")
    response = await person.post(f"/sectors/{sector}/topics", {"title": title, "body": body, **more})
    assert response.status_code == 201, response.text
    topic: dict[str, Any] = response.json()
    return topic


async def a_reply(
    person: Person, topic: int, body: str = "We compared both.", parent: int | None = None
) -> dict[str, Any]:
    """Post a reply; return it."""
    given = {"body": body} | ({"parent": parent} if parent else {})
    response = await person.post(f"/topics/{topic}/posts", given)
    assert response.status_code == 201, response.text
    post: dict[str, Any] = response.json()
    return post
