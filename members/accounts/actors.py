"""Actors: who a session stands for, and who reads in the background, as in feeds, mails and what is told. All others but
visitors and stand-ins for listeners are made here, so that each knows what its member was shut out of."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from asyncpg import Record

from core.actor import Actor
from core.errors import NotFound
from core.ids import MemberId
from storage.database import Reader
from storage.statements import statement

# Columns of `members m` and `public_authors a`, then the joins that add the member's sanctions and duties. The tables of
# both belong to capabilities above this one.
FACTS = """
m.id AS member_id, m.handle, m.display_name, a."group",
    m.email_verified_at IS NOT NULL AS is_verified, greatest(m.silenced_until, x.silenced_until) AS silenced_until,
    coalesce(m.trust_given, m.trust) AS trust, m.post_order, x.suspended_until, x.barred, x.removed
"""
SANCTIONS = """
LEFT JOIN LATERAL (
    SELECT max(until) FILTER (WHERE action = 'silence' AND sector_id IS NULL) AS silenced_until,
        max(until) FILTER (WHERE action = 'suspend' AND sector_id IS NULL) AS suspended_until,
        array_agg(sector_id) FILTER (WHERE sector_id IS NOT NULL) AS barred,
        array_agg(topic_id) FILTER (WHERE topic_id IS NOT NULL) AS removed
    FROM sanctions WHERE sanctions.member_id = m.id AND ended_at IS NULL AND until > :now
) x ON true
"""
DUTIES = """
LEFT JOIN LATERAL (
    SELECT bool_or(duty = 'administrator') AS administers,
        array_agg(sector_id) FILTER (WHERE sector_id IS NOT NULL) AS sectors,
        array_agg(gathering_id) FILTER (WHERE gathering_id IS NOT NULL) AS gatherings
    FROM duties WHERE duties.member_id = m.id
) d ON true
"""
_READERS = statement(f"""
SELECT {FACTS} FROM members m JOIN public_authors a ON a.id = m.id {SANCTIONS}
WHERE m.id = ANY(CAST(:members AS bigint[]))
""")


async def load_reader(tx: Reader, member: MemberId | int, now: datetime) -> Actor:
    """A member as somebody for whom is read in the background; `NotFound` if there is no such member."""
    found = await load_readers(tx, [member], now)
    if not found:
        raise NotFound
    return found[MemberId(member)]


async def load_readers(tx: Reader, members: Iterable[MemberId | int], now: datetime) -> dict[MemberId, Actor]:
    """Members as those for whom is read in the background: without any duties, so that what only moderators see does not
    lie in mailboxes and readers of feeds, and without what they were shut out of."""
    rows = await tx.rows(_READERS, members=list(members), now=now)
    return {row["member_id"]: _made(row) for row in rows}


def actor_of(row: Record, secret: bytes | None) -> Actor:
    """Who a session stands for, from its row with `FACTS` and `DUTIES`; `secret` is opened by its token alone."""
    is_suspended = row["suspended_until"] is not None
    return _made(
        row,
        session_id=row["id"],
        is_administrator=bool(row["administers"]) and not is_suspended,
        moderates=frozenset()
        if is_suspended
        else frozenset(row["sectors"] or ()).difference(row["barred"] or ()),
        hosts=frozenset() if is_suspended else frozenset(row["gatherings"] or ()),
        secret=secret,
    )


def _made(row: Record, **more: Any) -> Actor:
    return Actor(
        id=row["member_id"],
        handle=row["handle"],
        display_name=row["display_name"],
        group=row["group"],
        is_verified=row["is_verified"],
        silenced_until=row["silenced_until"],
        suspended_until=row["suspended_until"],
        barred=frozenset(row["barred"] or ()),
        removed=frozenset(row["removed"] or ()),
        trust=row["trust"],
        post_order=row["post_order"],
        **more,
    )
