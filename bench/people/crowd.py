"""Many people at once: members with a session each, written into the database; a thousand would type for minutes."""

from datetime import UTC, datetime, timedelta

import asyncpg

from bench.harness.database import Database
from bench.harness.service import Person
from members.handles import skeleton
from members.tokens import key_of_session, new_secret, new_token, seal, token_hash

GROUPS = ("mining", "refining", "trade", "civil_society", "research")

_MEMBER = """
INSERT INTO members (handle, skeleton, display_name, email, email_verified_at, stakeholder_group, joined_at)
VALUES ($1, $2, $3, $4, $5, $6, $5) RETURNING id
"""
_SESSION = """
INSERT INTO sessions (member_id, token_hash, sealed_secret, started_at, seen_at, ends_at)
VALUES ($1, $2, $3, $4, $4, $5)
"""


async def enrol(database: Database, name: str, count: int) -> list[Person]:
    """So many verified members, signed in: as registering and signing in leave them, but without passwords."""
    connection = await asyncpg.connect(database.url)
    try:
        async with connection.transaction():
            return [await _enrol(connection, f"{name}{n}", n) for n in range(count)]
    finally:
        await connection.close()


async def _enrol(connection: "asyncpg.Connection[asyncpg.Record]", handle: str, n: int) -> Person:
    now, token = datetime.now(UTC), new_token()
    face = (handle, skeleton(handle), handle.title(), f"{handle}@example.org", now, GROUPS[n % len(GROUPS)])
    member = await connection.fetchval(_MEMBER, *face)
    hour = now.replace(minute=0, second=0, microsecond=0)
    sealed = seal(new_secret(), key_of_session(token))
    await connection.execute(_SESSION, member, token_hash(token), sealed, hour, now + timedelta(days=7))
    return Person(handle, token)


async def make_administrator(database: Database, handle: str) -> None:
    """Give somebody the duty that a fresh house has nobody for."""
    await database.run(
        "INSERT INTO duties (member_id, duty, granted_at) SELECT id, 'administrator', now() FROM members "
        "WHERE handle = $1 ON CONFLICT DO NOTHING",
        handle,
    )
