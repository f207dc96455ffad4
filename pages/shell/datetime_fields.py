"""Times as forms have them: a day and an hour without a zone, beside the name of a zone."""

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gatherings.policy import UnknownTimeZone
from pages.shell.forms import FieldNotAcceptable


def zone_of(name: str) -> ZoneInfo:
    """The zone of that name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UnknownTimeZone(field="time_zone") from error


def moment_of(text: str, name: str, zone: ZoneInfo) -> datetime:
    """What was typed into the field of that name, in a zone."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone)
    except ValueError as error:
        raise FieldNotAcceptable("Give a day and a time.", field=name) from error


def typed_of(at: datetime, zone: str) -> str:
    """A moment as a form's field holds it."""
    return at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M")
