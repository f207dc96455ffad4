"""Gatherings: announcing, listing, changing, cancelling."""

from datetime import UTC, datetime
from typing import Any, get_args

from asyncpg import Record
from msgspec import UNSET
from sqlalchemy import (
    BigInteger,
    DateTime,
    Integer,
    Text,
    bindparam,
    func,
    insert,
    null,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY

from core import clock
from core.actor import Actor
from core.errors import NotFound, Stale
from core.ids import GatheringId
from core.text import tidy
from forum.sectors import get_sector_id
from forum.tables import sectors
from forum.topics.topics import TitleTooShort
from gatherings.cursors import Id, Micros, micros_of, moment_of
from gatherings.events import GatheringChanged
from gatherings.policy import ensure_can_announce, ensure_hosts, ensure_time_zone, ensure_times
from gatherings.shapes.gatherings import (
    Gathering,
    GatheringChange,
    GatheringPage,
    GatheringTime,
    NewGathering,
)
from gatherings.tables import gatherings
from storage.cursors import decode_cursor, encode_cursor
from storage.database import Reader, Transaction
from storage.statements import Statement, statement

PAGE = 30

_OWN = ("title", "kind", "mode", "about", "place", "starts_at", "ends_at", "time_zone", "state")
GATHERINGS = select(
    gatherings.c.id,
    *gatherings.c[_OWN],
    gatherings.c.version,
    sectors.c.slug.label("sector"),
    sectors.c.name.label("sector_name"),
).join(sectors, sectors.c.id == gatherings.c.sector_id)

_SHOW = statement(GATHERINGS.where(gatherings.c.id == bindparam("id")))
_FIND = statement(GATHERINGS.where(gatherings.c.id == func.any(bindparam("ids", type_=ARRAY(BigInteger)))))
_GET_LOCKED = statement(
    GATHERINGS.where(gatherings.c.id == bindparam("id")).with_for_update(key_share=True, of=gatherings)
)
_ANNOUNCE = statement(
    insert(gatherings)
    .values({name: bindparam(name) for name in ("sector_id", *_OWN, "changed_at")})
    .returning(gatherings.c.id)
)
_CHANGE = statement(
    update(gatherings)
    .where(gatherings.c.id == bindparam("gathering"))
    .values({name: bindparam(f"new_{name}") for name in _OWN})
    .values(version=gatherings.c.version + 1, changed_at=bindparam("now"))
)


def _page(when: GatheringTime, following: bool) -> Statement:
    now = bindparam("now", type_=DateTime(timezone=True))
    sector = bindparam("sector", type_=Text)
    place = tuple_(gatherings.c.starts_at, gatherings.c.id)
    here = tuple_(bindparam("at", type_=DateTime(timezone=True)), bindparam("id", type_=BigInteger))
    query = GATHERINGS.where(or_(sector == null(), sectors.c.slug == sector))
    if when == "upcoming":
        query = query.where(gatherings.c.ends_at > now).order_by(gatherings.c.starts_at, gatherings.c.id)
        query = query.where(place > here) if following else query
    else:
        query = query.where(gatherings.c.ends_at <= now)
        query = query.order_by(gatherings.c.starts_at.desc(), gatherings.c.id.desc())
        query = query.where(place < here) if following else query
    return statement(query.limit(bindparam("count", type_=Integer)))


_PAGES: dict[tuple[GatheringTime, bool], Statement] = {
    (when, following): _page(when, following)
    for when in get_args(GatheringTime)
    for following in (False, True)
}


async def read_gatherings(
    tx: Reader,
    when: GatheringTime = "upcoming",
    sector: str | None = None,
    after: str | None = None,
    count: int = PAGE,
) -> GatheringPage:
    """One page of gatherings: those that go on or come, the next one first; or those that were, the latest first."""
    binds: dict[str, Any] = {"now": clock.now(), "sector": sector, "count": count + 1}
    if after is not None:
        at, binds["id"] = decode_cursor(after, tuple[Micros, Id])
        binds["at"] = moment_of(at)
    rows = await tx.rows(_PAGES[when, after is not None], **binds)
    items = [Gathering(**row) for row in rows[:count]]
    if len(rows) <= count:
        return GatheringPage(items, None)
    return GatheringPage(items, encode_cursor(micros_of(items[-1].starts_at), items[-1].id))


async def get_gathering(tx: Reader, gathering_id: GatheringId) -> Gathering:
    """A gathering by itself."""
    row = await tx.row(_SHOW, id=gathering_id)
    if row is None:
        raise NotFound
    return Gathering(**row)


async def find_gatherings(tx: Reader, ids: list[int]) -> dict[int, Gathering]:
    """Those of the gatherings that there are."""
    return {row["id"]: Gathering(**row) for row in await tx.rows(_FIND, ids=ids)} if ids else {}


async def announce_gathering(tx: Transaction, actor: Actor, new: NewGathering) -> GatheringId:
    """Announce a gathering in a sector."""
    ensure_can_announce(actor, clock.now())
    sector_id = await get_sector_id(tx, new.sector)
    values = _checked(
        {**{name: getattr(new, name) for name in _OWN if name != "state"}, "state": "announced"}
    )

    return GatheringId(await tx.value(_ANNOUNCE, sector_id=sector_id, changed_at=clock.now(), **values))


async def change_gathering(
    tx: Transaction, actor: Actor, gathering_id: GatheringId, change: GatheringChange, version: int | None
) -> None:
    """Change what is announced, or cancel; `version`, if given, must be the current one."""
    row = await tx.row(_GET_LOCKED, id=gathering_id)
    if row is None:
        raise NotFound
    ensure_hosts(actor, gathering_id, clock.now())
    if version is not None and version != row["version"]:
        raise Stale(Gathering(**row))

    values = _checked(_changed(row, change))
    if all(values[name] == row[name] for name in _OWN):
        return
    binds = {f"new_{name}": value for name, value in values.items()}
    await tx.run(_CHANGE, gathering=gathering_id, now=clock.now(), **binds)
    await tx.record(GatheringChanged(gathering_id=gathering_id))


def _changed(row: Record, change: GatheringChange) -> dict[str, Any]:
    given = {name: getattr(change, name) for name in _OWN}
    return {name: row[name] if value is UNSET else value for name, value in given.items()}


def _checked(values: dict[str, Any]) -> dict[str, Any]:
    starts_at: datetime = values["starts_at"]
    ends_at: datetime = values["ends_at"]
    ensure_times(starts_at, ends_at)
    ensure_time_zone(values["time_zone"])
    title = tidy(values["title"])
    if len(title) < 3:
        raise TitleTooShort(field="title")
    times = {"starts_at": starts_at.astimezone(UTC), "ends_at": ends_at.astimezone(UTC)}
    return {**values, **times, "title": title, "about": tidy(values["about"]), "place": tidy(values["place"])}
