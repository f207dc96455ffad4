"""Gatherings: announcing, listing, reading, changing and cancelling them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, get_args

from asyncpg import Record
from msgspec import UNSET, to_builtins
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
from core.ids import GatheringId, MemberId
from core.text import tidy
from core.translations import stored_translations, tidied, titles_of
from forum.notifications.announcements import Announcement, notify_sector_followers, update_announcements
from forum.sectors import get_sector_id
from forum.tables import sectors
from forum.topics.topics import TitleTooShort
from gatherings.cursors import Id, Micros, micros_of, moment_of
from gatherings.events import GatheringAnnounced, GatheringChanged
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

PAGE_SIZE = 30

_GATHERING_FIELDS = ("title", "kind", "mode", "about", "place", "starts_at", "ends_at", "time_zone", "state")
_CHANGED_FIELDS = (*_GATHERING_FIELDS, "translations")
GATHERING_QUERY = select(
    gatherings.c.id,
    *gatherings.c[_CHANGED_FIELDS],
    gatherings.c.version,
    sectors.c.slug.label("sector"),
    sectors.c.name.label("sector_name"),
).join(sectors, sectors.c.id == gatherings.c.sector_id)

SELECT_GATHERING = statement(GATHERING_QUERY.where(gatherings.c.id == bindparam("id")))
SELECT_GATHERINGS = statement(
    GATHERING_QUERY.where(gatherings.c.id == func.any(bindparam("ids", type_=ARRAY(BigInteger))))
)
LOCK_GATHERING = statement(
    GATHERING_QUERY.where(gatherings.c.id == bindparam("id")).with_for_update(key_share=True, of=gatherings)
)
INSERT_GATHERING = statement(
    insert(gatherings)
    .values({name: bindparam(name) for name in ("sector_id", *_GATHERING_FIELDS, "changed_at")})
    .returning(gatherings.c.id)
)
SELECT_TITLES_OF_GATHERINGS = statement(
    "SELECT id, title, translations FROM gatherings ORDER BY starts_at DESC, id DESC LIMIT 4000"
)
SELECT_ANNOUNCED_SECTOR = statement(
    "SELECT sector_id, title, translations, starts_at, ends_at FROM gatherings"
    " WHERE id = :gathering AND state = 'announced' AND ends_at > :now FOR SHARE"
)
UPDATE_GATHERING = statement(
    update(gatherings)
    .where(gatherings.c.id == bindparam("gathering"))
    .values({name: bindparam(f"new_{name}") for name in _CHANGED_FIELDS})
    .values(version=gatherings.c.version + 1, changed_at=bindparam("now"))
)


def _page_statement(when: GatheringTime, after_cursor: bool) -> Statement:
    now = bindparam("now", type_=DateTime(timezone=True))
    sector = bindparam("sector", type_=Text)
    position = tuple_(gatherings.c.starts_at, gatherings.c.id)
    cursor = tuple_(bindparam("at", type_=DateTime(timezone=True)), bindparam("id", type_=BigInteger))
    query = GATHERING_QUERY.where(or_(sector == null(), sectors.c.slug == sector))
    if when == "upcoming":
        query = query.where(gatherings.c.ends_at > now).order_by(gatherings.c.starts_at, gatherings.c.id)
        query = query.where(position > cursor) if after_cursor else query
    else:
        query = query.where(gatherings.c.ends_at <= now)
        query = query.order_by(gatherings.c.starts_at.desc(), gatherings.c.id.desc())
        query = query.where(position < cursor) if after_cursor else query
    return statement(query.limit(bindparam("count", type_=Integer)))


SELECT_GATHERING_PAGE: dict[tuple[GatheringTime, bool], Statement] = {
    (when, after_cursor): _page_statement(when, after_cursor)
    for when in get_args(GatheringTime)
    for after_cursor in (False, True)
}


def gathering_of(row: Mapping[str, Any] | Record) -> Gathering:
    """Return the gathering of a row of GATHERING_QUERY."""
    return Gathering(**{**row, "translations": stored_translations(row["translations"])})


async def read_gatherings(
    tx: Reader,
    when: GatheringTime = "upcoming",
    sector: str | None = None,
    after: str | None = None,
    count: int = PAGE_SIZE,
) -> GatheringPage:
    """Return one page of gatherings, of all sectors or of one.

    `upcoming` are current and future ones, the next one first; `past` are ended ones, the latest first.
    """
    binds: dict[str, Any] = {"now": clock.now(), "sector": sector, "count": count + 1}
    if after is not None:
        at, binds["id"] = decode_cursor(after, tuple[Micros, Id])
        binds["at"] = moment_of(at)
    rows = await tx.rows(SELECT_GATHERING_PAGE[when, after is not None], **binds)
    items = [gathering_of(row) for row in rows[:count]]
    if len(rows) <= count:
        return GatheringPage(items, None)
    return GatheringPage(items, encode_cursor(micros_of(items[-1].starts_at), items[-1].id))


async def get_gathering(tx: Reader, gathering_id: GatheringId) -> Gathering:
    """Return a gathering without its rooms and programme; raise NotFound."""
    row = await tx.row(SELECT_GATHERING, id=gathering_id)
    if row is None:
        raise NotFound
    return gathering_of(row)


async def find_gatherings(tx: Reader, ids: list[int]) -> dict[int, Gathering]:
    """Return, by id, those of the gatherings that exist."""
    return {row["id"]: gathering_of(row) for row in await tx.rows(SELECT_GATHERINGS, ids=ids)} if ids else {}


async def read_titles(tx: Reader) -> list[tuple[GatheringId, list[str]]]:
    """Return the gatherings that begin last, each with its title in every language."""
    return [
        (
            GatheringId(row["id"]),
            [row["title"], *titles_of(stored_translations(row["translations"])).values()],
        )
        for row in await tx.rows(SELECT_TITLES_OF_GATHERINGS)
    ]


async def announce_gathering(tx: Transaction, actor: Actor, new: NewGathering) -> GatheringId:
    """Announce a gathering in a sector and return its id.

    Raises NotAdministrator, NotFound for an unknown sector, TitleTooShort, EndsBeforeStart, TimeOutOfRange or
    UnknownTimeZone.
    """
    ensure_can_announce(actor, clock.now())
    sector_id = await get_sector_id(tx, new.sector)
    values = _validated(
        {**{name: getattr(new, name) for name in _GATHERING_FIELDS if name != "state"}, "state": "announced"}
    )

    gathering_id = GatheringId(
        await tx.value(INSERT_GATHERING, sector_id=sector_id, changed_at=clock.now(), **values)
    )
    await tx.record(GatheringAnnounced(gathering_id=gathering_id, announced_by=actor.signed_in()))
    return gathering_id


async def on_gathering_announced(tx: Transaction, event: GatheringAnnounced) -> None:
    """Notify the followers of the sector of a new gathering, unless it was cancelled or has ended by now.

    Event handler; each member is notified once.
    """
    row = await tx.row(SELECT_ANNOUNCED_SECTOR, gathering=event.gathering_id, now=clock.now())
    if row is not None:
        shown = _announcement_of(row)
        await notify_sector_followers(
            tx, row["sector_id"], event.gathering_id, shown, MemberId(event.announced_by)
        )


async def change_gathering(
    tx: Transaction, actor: Actor, gathering_id: GatheringId, change: GatheringChange, version: int | None
) -> None:
    """Change the given fields of a gathering, or cancel it.

    Raises NotFound, NotHost, Stale if the version is given and not the current one, and what `announce_gathering` raises
    for the values.
    """
    row = await tx.row(LOCK_GATHERING, id=gathering_id)
    if row is None:
        raise NotFound
    ensure_hosts(actor, gathering_id, clock.now())
    if version is not None and version != row["version"]:
        raise Stale(gathering_of(row))

    values = _validated(_merged(row, change))
    if all(values[name] == row[name] for name in _CHANGED_FIELDS):
        return
    binds = {f"new_{name}": value for name, value in values.items()}
    await tx.run(UPDATE_GATHERING, gathering=gathering_id, now=clock.now(), **binds)
    shown = _announcement_of(values)
    await update_announcements(tx, gathering_id, shown if values["state"] == "announced" else None)
    await tx.record(GatheringChanged(gathering_id=gathering_id))


def _announcement_of(values: Mapping[str, Any] | Record) -> Announcement:
    titles = titles_of(stored_translations(values["translations"]))
    return Announcement(values["title"], titles, values["starts_at"], values["ends_at"])


def _merged(row: Record, change: GatheringChange) -> dict[str, Any]:
    given = {name: getattr(change, name) for name in _CHANGED_FIELDS}
    if change.translations is not UNSET:
        given["translations"] = to_builtins(tidied(change.translations))
    return {name: row[name] if value is UNSET else value for name, value in given.items()}


def _validated(values: dict[str, Any]) -> dict[str, Any]:
    starts_at: datetime = values["starts_at"]
    ends_at: datetime = values["ends_at"]
    ensure_times(starts_at, ends_at)
    ensure_time_zone(values["time_zone"])
    title = tidy(values["title"])
    if len(title) < 3:
        raise TitleTooShort(field="title")
    times = {"starts_at": starts_at.astimezone(UTC), "ends_at": ends_at.astimezone(UTC)}
    return {**values, **times, "title": title, "about": tidy(values["about"]), "place": tidy(values["place"])}
