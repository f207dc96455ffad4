"""Appearances of a member: the gatherings in which somebody is a host or a speaker, which everybody can see."""

from msgspec import Struct
from sqlalchemy import (
    BigInteger,
    DateTime,
    Integer,
    Text,
    bindparam,
    cast,
    exists,
    func,
    null,
    or_,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import JSONB

from core.actor import Actor
from core.errors import NotFound
from forum.tables import topics
from forum.visibility import seen_by, visible_topics
from gatherings.cursors import Id, Micros, micros_of, moment_of
from gatherings.gatherings import GATHERING_QUERY, gathering_of
from gatherings.shapes.gatherings import Gathering
from gatherings.tables import gatherings, programme_sessions, rooms
from members.handles import normalize_handle
from members.profiles.profiles import find_member_id
from members.tables import duties
from storage.cursors import decode_cursor, encode_cursor
from storage.database import Reader
from storage.statements import statement

PAGE_SIZE = 20


class Appearance(Struct, frozen=True, kw_only=True):
    """A gathering in which a member is a host, a speaker, or both."""

    gathering: Gathering
    is_host: bool
    is_speaker: bool


class AppearancePage(Struct, frozen=True):
    """One page of a member's appearances, the latest first."""

    items: list[Appearance]
    next: str | None


_is_host = exists().where(
    duties.c.gathering_id == gatherings.c.id,
    duties.c.duty == "host",
    duties.c.member_id == bindparam("member", type_=BigInteger),
)
_speaker = func.jsonb_build_array(
    func.jsonb_build_object("handle", cast(bindparam("handle"), Text)), type_=JSONB
)
# Only in sessions that the reader can see.
_is_speaker = (
    select(programme_sessions.c.id)
    .outerjoin(rooms, rooms.c.id == programme_sessions.c.room_id)
    .outerjoin(topics, topics.c.id == rooms.c.topic_id)
    .where(
        programme_sessions.c.gathering_id == gatherings.c.id,
        programme_sessions.c.state == "planned",
        programme_sessions.c.speakers.op("@>")(_speaker),
        or_(programme_sessions.c.room_id.is_(None), visible_topics()),
    )
    .correlate(gatherings)
    .exists()
)
_at = bindparam("at", type_=DateTime(timezone=True))
SELECT_APPEARANCES = statement(
    GATHERING_QUERY.add_columns(_is_host.label("is_host"), _is_speaker.label("is_speaker"))
    .where(
        gatherings.c.state == "announced",
        or_(_is_host, _is_speaker),
        or_(
            _at == null(),
            tuple_(gatherings.c.starts_at, gatherings.c.id) < tuple_(_at, bindparam("id", type_=BigInteger)),
        ),
    )
    .order_by(gatherings.c.starts_at.desc(), gatherings.c.id.desc())
    .limit(bindparam("count", type_=Integer))
)


async def read_appearances(tx: Reader, actor: Actor, handle: str, after: str | None = None) -> AppearancePage:
    """Return one page of the gatherings in which a member is a host or a speaker, the latest first; raise NotFound."""
    member = await find_member_id(tx, handle)
    if member is None:
        raise NotFound
    at, last = None, 0
    if after is not None:
        micros, last = decode_cursor(after, tuple[Micros, Id])
        at = moment_of(micros)
    binds = {
        "member": member,
        "handle": normalize_handle(handle),
        "at": at,
        "id": last,
        "count": PAGE_SIZE + 1,
    }
    rows = [dict(row) for row in await tx.rows(SELECT_APPEARANCES, **binds, **seen_by(actor))]
    items = [
        Appearance(is_host=row.pop("is_host"), is_speaker=row.pop("is_speaker"), gathering=gathering_of(row))
        for row in rows[:PAGE_SIZE]
    ]
    if len(rows) <= PAGE_SIZE:
        return AppearancePage(items, None)
    latest = items[-1].gathering
    return AppearancePage(items, encode_cursor(micros_of(latest.starts_at), latest.id))
