"""Calendars: gatherings and their sessions as iCalendar, as a visitor sees them, whoever subscribes."""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vText
from sqlalchemy import DateTime, Text, bindparam, select

from core import clock
from core.actor import VISITOR
from core.ids import GatheringId
from forum.sectors import get_sector
from forum.tables import sectors
from gatherings.gatherings import GATHERINGS, get_gathering
from gatherings.programme.reading import read_sessions
from gatherings.rooms.rooms import read_rooms
from gatherings.shapes.gatherings import Gathering
from gatherings.shapes.programme import Session, Speaker
from gatherings.tables import gatherings
from storage.database import Reader
from storage.statements import statement

MOST = 200
KEPT = timedelta(days=366)
# For so many years the rules of zones are told: each costs a millisecond, and what is further ahead is not known anyway.
YEARS = 10

_CHANGED = statement(select(gatherings.c.changed_at).where(gatherings.c.id == bindparam("id")))
_OF_SECTOR = statement(
    GATHERINGS.add_columns(gatherings.c.changed_at)
    .where(
        sectors.c.slug == bindparam("slug", type_=Text),
        gatherings.c.ends_at > bindparam("since", type_=DateTime(timezone=True)),
    )
    .order_by(gatherings.c.starts_at.desc(), gatherings.c.id)
    .limit(MOST)
)


async def gathering_calendar(tx: Reader, gathering_id: GatheringId, site: str) -> bytes:
    """A gathering and those of its sessions that everyone may know of."""
    gathering = await get_gathering(tx, gathering_id)
    changed_at = await tx.value(_CHANGED, id=gathering_id)
    sessions = await read_sessions(tx, VISITOR, gathering_id)
    rooms = {room.id: room.title for room in await read_rooms(tx, VISITOR, gathering_id)}
    events = [_gathering(gathering, changed_at, site)]
    for session in sessions:
        place = rooms.get(session.room or 0, "")
        events.append(_session(session, gathering, max(changed_at, session.changed_at), place, site))
    return await asyncio.to_thread(_calendar, gathering.title, events)


async def sector_calendar(tx: Reader, slug: str, site: str) -> bytes:
    """The gatherings of a sector: those that come, and those of the last year."""
    sector = await get_sector(tx, slug)
    rows = [dict(row) for row in await tx.rows(_OF_SECTOR, slug=slug, since=clock.now() - KEPT)]
    found = [(row.pop("changed_at"), Gathering(**row)) for row in rows]
    events = [_gathering(gathering, changed_at, site) for changed_at, gathering in found]
    return await asyncio.to_thread(_calendar, sector.name, events)


def _calendar(name: str, events: Sequence[Event]) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", "-//Tertulia//Gatherings//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", vText(name))
    for event in events:
        calendar.add_component(event)
    days = [event.decoded("dtstart").date() for event in events] or [date(2000, 1, 1)]
    # A year more on each side: rules of zones are told for whole years.
    first = min(days).year - 1
    last = min(max(days).year + 2, first + YEARS)
    calendar.add_missing_timezones(first_date=date(first, 1, 1), last_date=date(last, 1, 1))
    return bytes(calendar.to_ical())


def _gathering(gathering: Gathering, changed_at: datetime, site: str) -> Event:
    event = _event(gathering, f"gathering-{gathering.id}", changed_at, site)
    _say(event, gathering.about, gathering.place)
    event.add("url", f"{site}/g/{gathering.id}")
    event.add("status", "CANCELLED" if gathering.state == "cancelled" else "CONFIRMED")
    return event


def _session(session: Session, gathering: Gathering, changed_at: datetime, room: str, site: str) -> Event:
    event = _event(session, f"session-{session.id}", changed_at, site)
    speakers = ", ".join(_name(speaker) for speaker in session.speakers)
    about = "\n\n".join(part for part in (gathering.title, speakers, session.about) if part)
    _say(event, about, ", ".join(part for part in (room, gathering.place) if part))
    event.add("url", f"{site}/g/{gathering.id}#session-{session.id}")
    is_off = "cancelled" in (session.state, gathering.state)
    event.add("status", "CANCELLED" if is_off else "CONFIRMED")
    return event


def _event(what: Gathering | Session, name: str, changed_at: datetime, site: str) -> Event:
    event, zone = Event(), ZoneInfo(what.time_zone)
    event.add("uid", f"{name}@{urlsplit(site).hostname or 'tertulia'}")
    event.add("sequence", what.version - 1)
    event.add("dtstamp", changed_at.replace(microsecond=0))
    event.add("last-modified", changed_at.replace(microsecond=0))
    event.add("dtstart", what.starts_at.astimezone(zone))
    event.add("dtend", what.ends_at.astimezone(zone))
    event.add("summary", what.title)
    return event


def _say(event: Event, about: str, place: str) -> None:
    if about:
        event.add("description", about)
    if place:
        event.add("location", place)


def _name(speaker: Speaker) -> str:
    return f"{speaker.name} ({speaker.organisation})" if speaker.organisation else speaker.name
