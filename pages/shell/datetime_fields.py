"""Date and time fields of forms: local times without a zone, with the name of the time zone in another field."""

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gatherings.policy import UnknownTimeZone
from pages.shell.forms import FieldNotAcceptable


def zone_of(name: str) -> ZoneInfo:
    """Return the time zone with this IANA name; raise UnknownTimeZone."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UnknownTimeZone(field="time_zone") from error


def moment_of(text: str, name: str, zone: ZoneInfo) -> datetime:
    """Return the time that was typed into the field `name`, in the zone; raise FieldNotAcceptable."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone)
    except ValueError as error:
        raise FieldNotAcceptable("Enter a date and a time.", field=name) from error


def typed_of(at: datetime, zone: str) -> str:
    """Return a time as the value of a `datetime-local` field, in the zone."""
    return at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M")
