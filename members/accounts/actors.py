"""Actors: the members for whom sessions and background jobs act, with their duties and sanctions.

All actors except visitors and the stand-ins for listeners are made here, so that none lacks its member's sanctions.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from asyncpg import Record
from sqlalchemy import BigInteger, DateTime, Text, bindparam, column, func, null, select, table, true
from sqlalchemy.dialects.postgresql import ARRAY

from core.actor import Actor
from core.errors import NotFound
from core.ids import MemberId
from members.tables import duties, members, public_authors
from storage.database import Reader
from storage.statements import statement

# The table belongs to moderation, which this capability must not import.
_sanctions = table(
    "sanctions",
    column("member_id", BigInteger),
    column("action", Text),
    column("sector_id", BigInteger),
    column("topic_id", BigInteger),
    column("until", DateTime(timezone=True)),
    column("ended_at", DateTime(timezone=True)),
)
_everywhere = _sanctions.c.sector_id.is_(None)
ACTIVE_SANCTIONS = (
    select(
        func.max(_sanctions.c.until)
        .filter(_sanctions.c.action == "silence", _everywhere)
        .label("silenced_until"),
        func.max(_sanctions.c.until)
        .filter(_sanctions.c.action == "suspend", _everywhere)
        .label("suspended_until"),
        func.array_agg(_sanctions.c.sector_id).filter(_sanctions.c.sector_id.is_not(None)).label("barred"),
        func.array_agg(_sanctions.c.topic_id).filter(_sanctions.c.topic_id.is_not(None)).label("removed"),
    )
    .where(
        _sanctions.c.member_id == members.c.id,
        _sanctions.c.ended_at.is_(None),
        _sanctions.c.until > bindparam("now", type_=DateTime(timezone=True)),
    )
    .lateral("active_sanctions")
)
MEMBER_DUTIES = (
    select(
        func.bool_or(duties.c.duty == "administrator").label("administers"),
        func.array_agg(duties.c.sector_id).filter(duties.c.sector_id.is_not(None)).label("sectors"),
        func.array_agg(duties.c.gathering_id).filter(duties.c.gathering_id.is_not(None)).label("gatherings"),
    )
    .where(duties.c.member_id == members.c.id)
    .lateral("member_duties")
)
# For queries that join `members`, `public_authors` and `ACTIVE_SANCTIONS`.
ACTOR_COLUMNS = (
    members.c.id.label("member_id"),
    members.c.handle,
    members.c.display_name,
    public_authors.c.group,
    public_authors.c.picture,
    members.c.email_verified_at.is_not(None).label("is_verified"),
    members.c.failing_address.is_not(None).label("has_failing_address"),
    func.greatest(members.c.silenced_until, ACTIVE_SANCTIONS.c.silenced_until).label("silenced_until"),
    func.coalesce(members.c.trust_given, members.c.trust).label("trust"),
    members.c.post_order,
    members.c.letters_in,
    members.c.languages,
    ACTIVE_SANCTIONS.c.suspended_until,
    ACTIVE_SANCTIONS.c.barred,
    ACTIVE_SANCTIONS.c.removed,
)
SELECT_READERS = statement(
    select(*ACTOR_COLUMNS)
    .select_from(members)
    .join(public_authors, public_authors.c.id == members.c.id)
    .outerjoin(ACTIVE_SANCTIONS, true())
    .where(members.c.id == func.any(bindparam("members", type_=ARRAY(BigInteger))))
)
SELECT_OFFICER = statement(
    select(*ACTOR_COLUMNS, null().label("id"), *MEMBER_DUTIES.c)
    .select_from(members)
    .join(public_authors, public_authors.c.id == members.c.id)
    .join(MEMBER_DUTIES, true())
    .outerjoin(ACTIVE_SANCTIONS, true())
    .where(members.c.id == bindparam("member"))
)


async def load_reader(tx: Reader, member: MemberId | int, now: datetime) -> Actor:
    """Return a member as a reader; raise NotFound if there is no such member."""
    found = await load_readers(tx, [member], now)
    if not found:
        raise NotFound
    return found[MemberId(member)]


async def load_readers(tx: Reader, members: Iterable[MemberId | int], now: datetime) -> dict[MemberId, Actor]:
    """Return members as readers, the actors of background jobs, by id.

    Readers have no duties, so that e-mails and feeds contain nothing that only moderators may see; sanctions apply to them.
    """
    rows = await tx.rows(SELECT_READERS, members=list(members), now=now)
    return {row["member_id"]: _build_actor(row) for row in rows}


async def load_officer(tx: Reader, member: MemberId | int, now: datetime) -> Actor:
    """Return a member with their duties, for whom a command of the operator acts; raise NotFound."""
    row = await tx.row(SELECT_OFFICER, member=member, now=now)
    if row is None:
        raise NotFound
    return actor_of(row, None)


def actor_of(row: Record, secret: bytes | None) -> Actor:
    """Return the actor of a session from a row with `ACTOR_COLUMNS` and `MEMBER_DUTIES`, and the opened secret."""
    is_suspended = row["suspended_until"] is not None
    return _build_actor(
        row,
        session_id=row["id"],
        is_administrator=bool(row["administers"]) and not is_suspended,
        moderates=frozenset()
        if is_suspended
        else frozenset(row["sectors"] or ()).difference(row["barred"] or ()),
        hosts=frozenset() if is_suspended else frozenset(row["gatherings"] or ()),
        secret=secret,
    )


def _build_actor(row: Record, **more: Any) -> Actor:
    return Actor(
        id=row["member_id"],
        handle=row["handle"],
        display_name=row["display_name"],
        group=row["group"],
        picture=row["picture"],
        is_verified=row["is_verified"],
        has_failing_address=row["has_failing_address"],
        silenced_until=row["silenced_until"],
        suspended_until=row["suspended_until"],
        barred=frozenset(row["barred"] or ()),
        removed=frozenset(row["removed"] or ()),
        trust=row["trust"],
        post_order=row["post_order"],
        language=row["letters_in"],
        languages=tuple(row["languages"]),
        **more,
    )
