"""Reading programmes: sessions in rooms that an actor cannot see are left out."""

import msgspec
from asyncpg import Record
from sqlalchemy import BigInteger, DateTime, Select, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from core import clock
from core.actor import Actor
from core.errors import NotFound
from core.ids import GatheringId, SessionOnProgrammeId
from core.translations import stored_translations
from forum.tables import topics
from forum.visibility import seen_by, visible_topics
from gatherings.shapes.programme import Session, Speaker
from gatherings.tables import gatherings, programme_sessions, rooms
from storage.database import Reader
from storage.statements import statement

_S = programme_sessions.c
_SESSIONS: Select[tuple[object, ...]] = (
    select(
        _S.id,
        _S.gathering_id.label("gathering"),
        _S.room_id.label("room"),
        *programme_sessions.c[
            (
                "title",
                "about",
                "translations",
                "language",
                "speakers",
                "starts_at",
                "ends_at",
                "time_zone",
                "state",
                "version",
            )
        ],
        _S.changed_at,
    )
    .outerjoin(rooms, rooms.c.id == _S.room_id)
    .outerjoin(topics, topics.c.id == rooms.c.topic_id)
    .where(or_(_S.room_id.is_(None), visible_topics()))
)
SELECT_PROGRAMME_SESSION = statement(_SESSIONS.where(_S.id == bindparam("id")))
SELECT_SESSIONS = statement(_SESSIONS.where(_S.id == func.any(bindparam("ids", type_=ARRAY(BigInteger)))))
SELECT_SESSIONS_OF_GATHERING = statement(
    _SESSIONS.where(_S.gathering_id == bindparam("gathering")).order_by(_S.starts_at, _S.id)
)
_NOW = bindparam("now", type_=DateTime(timezone=True))
SELECT_CURRENT_SESSIONS = statement(
    _SESSIONS.join(gatherings, gatherings.c.id == _S.gathering_id)
    .where(_S.starts_at <= _NOW, _S.ends_at > _NOW, _S.state == "planned", gatherings.c.state == "announced")
    .order_by(_S.starts_at, _S.id)
    .limit(20)
)


async def show_session(tx: Reader, actor: Actor, session_id: SessionOnProgrammeId) -> Session:
    """Return a programme session that the actor can see; raise NotFound."""
    row = await find_session_row(tx, actor, session_id)
    if row is None:
        raise NotFound
    return session_of(row)


async def find_session_row(tx: Reader, actor: Actor, session_id: SessionOnProgrammeId) -> Record | None:
    """Return the row of a programme session that the actor can see, or None."""
    return await tx.row(SELECT_PROGRAMME_SESSION, id=session_id, **seen_by(actor))


async def find_sessions(tx: Reader, actor: Actor, ids: list[int]) -> dict[int, Session]:
    """Return, by id, those of the programme sessions that the actor can see."""
    return {row["id"]: session_of(row) for row in await tx.rows(SELECT_SESSIONS, ids=ids, **seen_by(actor))}


async def read_sessions(tx: Reader, actor: Actor, gathering_id: GatheringId) -> list[Session]:
    """Return the programme of a gathering as the actor can see it, in order of time."""
    found = await tx.rows(SELECT_SESSIONS_OF_GATHERING, gathering=gathering_id, **seen_by(actor))
    return [session_of(row) for row in found]


async def read_current_sessions(tx: Reader, actor: Actor) -> list[Session]:
    """Return up to twenty sessions of all gatherings that are taking place now, the earliest first."""
    return [
        session_of(row) for row in await tx.rows(SELECT_CURRENT_SESSIONS, now=clock.now(), **seen_by(actor))
    ]


def session_of(row: Record) -> Session:
    """Return the programme session of a row."""
    values = dict(row)
    values["speakers"] = msgspec.convert(values["speakers"], list[Speaker])
    return Session(**{**values, "translations": stored_translations(values["translations"])})
