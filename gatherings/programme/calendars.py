"""Calendars: gatherings and their programme sessions in iCalendar format (RFC 5545), always as a visitor sees them."""

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
from core.languages.formats import list_in
from core.languages.texts import current_language
from forum.tables import sectors
from gatherings.gatherings import GATHERING_QUERY, gathering_of, get_gathering
from gatherings.programme.reading import read_sessions
from gatherings.rooms.rooms import read_rooms
from gatherings.shapes.gatherings import Gathering
from gatherings.shapes.programme import Session, Speaker
from gatherings.tables import gatherings
from storage.database import Reader
from storage.statements import statement

MAX_GATHERINGS = 200
PAST_PERIOD = timedelta(days=366)
# Time zone rules are included for at most this many years: each year costs a millisecond, and rules that are further
# ahead are not known anyway.
MAX_TIME_ZONE_YEARS = 10

SELECT_CHANGED_AT = statement(select(gatherings.c.changed_at).where(gatherings.c.id == bindparam("id")))
SELECT_GATHERINGS_OF_SECTOR = statement(
    GATHERING_QUERY.add_columns(gatherings.c.changed_at)
    .where(
        sectors.c.slug == bindparam("slug", type_=Text),
        gatherings.c.ends_at > bindparam("since", type_=DateTime(timezone=True)),
    )
    .order_by(gatherings.c.starts_at.desc(), gatherings.c.id)
    .limit(MAX_GATHERINGS)
)


async def render_gathering_calendar(tx: Reader, gathering_id: GatheringId, site: str) -> bytes:
    """Return the calendar of a gathering and of its sessions that visitors can see; raise NotFound.

    `site` is the base URL of the service.
    """
    gathering = await get_gathering(tx, gathering_id)
    changed_at = await tx.value(SELECT_CHANGED_AT, id=gathering_id)
    sessions = await read_sessions(tx, VISITOR, gathering_id)
    rooms = {room.id: room.local_title for room in await read_rooms(tx, VISITOR, gathering_id)}
    events = [_gathering_event(gathering, changed_at, site)]
    for session in sessions:
        place = rooms.get(session.room or 0, "")
        events.append(_session_event(session, gathering, max(changed_at, session.changed_at), place, site))
    return await asyncio.to_thread(_render_calendar, gathering.local_title, events)


async def render_sector_calendar(tx: Reader, slug: str, name: str, site: str) -> bytes:
    """Return the calendar of a sector's gatherings: up to 200 upcoming ones and those of the past year.

    `name` is the sector's name for the reader, `site` the base URL of the service.
    """
    rows = [
        dict(row)
        for row in await tx.rows(SELECT_GATHERINGS_OF_SECTOR, slug=slug, since=clock.now() - PAST_PERIOD)
    ]
    found = [(row.pop("changed_at"), gathering_of(row)) for row in rows]
    events = [_gathering_event(gathering, changed_at, site) for changed_at, gathering in found]
    return await asyncio.to_thread(_render_calendar, name, events)


def _render_calendar(name: str, events: Sequence[Event]) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", "-//Tertulia//Gatherings//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", vText(name))
    for event in events:
        calendar.add_component(event)
    days = [event.decoded("dtstart").date() for event in events] or [date(2000, 1, 1)]
    # One more year on each side, because time zone rules apply to whole years.
    first = min(days).year - 1
    last = min(max(days).year + 2, first + MAX_TIME_ZONE_YEARS)
    calendar.add_missing_timezones(first_date=date(first, 1, 1), last_date=date(last, 1, 1))
    return bytes(calendar.to_ical())


def _gathering_event(gathering: Gathering, changed_at: datetime, site: str) -> Event:
    event = _base_event(gathering, f"gathering-{gathering.id}", changed_at, site)
    _add_description(event, gathering.local_about, gathering.place)
    event.add("url", f"{site}/g/{gathering.id}")
    event.add("status", "CANCELLED" if gathering.state == "cancelled" else "CONFIRMED")
    return event


def _session_event(
    session: Session, gathering: Gathering, changed_at: datetime, room: str, site: str
) -> Event:
    event = _base_event(session, f"session-{session.id}", changed_at, site)
    speakers = _listed([_speaker_name(speaker) for speaker in session.speakers])
    about = "\n\n".join(part for part in (gathering.local_title, speakers, session.local_about) if part)
    _add_description(event, about, _listed([part for part in (room, gathering.place) if part]))
    event.add("url", f"{site}/g/{gathering.id}#session-{session.id}")
    is_off = "cancelled" in (session.state, gathering.state)
    event.add("status", "CANCELLED" if is_off else "CONFIRMED")
    return event


def _base_event(item: Gathering | Session, name: str, changed_at: datetime, site: str) -> Event:
    event, zone = Event(), ZoneInfo(item.time_zone)
    event.add("uid", f"{name}@{urlsplit(site).hostname or 'tertulia'}")
    event.add("sequence", item.version - 1)
    event.add("dtstamp", changed_at.replace(microsecond=0))
    event.add("last-modified", changed_at.replace(microsecond=0))
    event.add("dtstart", item.starts_at.astimezone(zone))
    event.add("dtend", item.ends_at.astimezone(zone))
    event.add("summary", item.local_title)
    return event


def _add_description(event: Event, about: str, place: str) -> None:
    if about:
        event.add("description", about)
    if place:
        event.add("location", place)


def _listed(parts: Sequence[str]) -> str:
    # With the commas of the language, and without "and".
    return list_in(current_language(), parts, "unit") if parts else ""


def _speaker_name(speaker: Speaker) -> str:
    return f"{speaker.name} ({speaker.organisation})" if speaker.organisation else speaker.name
