"""Date and time fields of forms: local times without a zone, with the name of the time zone in another field.

When clocks are put forward, an hour does not exist; when they are put back, one occurs twice (PEP 495). Neither is guessed:
the person who typed such a time is told, and chooses.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.errors import Collector, Invalid
from core.languages.moments import day_for_reader
from core.languages.texts import translatable
from gatherings.policy import UnknownTimeZone
from pages.shell.forms import ENTER_DATE_AND_TIME, FieldNotAcceptable, Typed, text_in

# NOTE: the zone is the name of a time zone, such as Europe/Vienna.
_SKIPPED = translatable(
    "%(time)s does not exist on %(day)s: the clocks in %(zone)s are put forward over it. Enter another time, such as "
    "%(earlier)s or %(later)s."
)


class TimeSkipped(Invalid):
    """The clocks of the time zone are put forward over this time."""

    message = translatable(
        "This time does not exist, because the clocks are put forward then. Enter another time."
    )


class TimeRepeated(Invalid):
    """The clocks of the time zone are put back over this time; `offsets` are the two offsets from UTC that it can have."""

    message = translatable(
        "This time occurs twice, because the clocks are put back then. Choose which one you mean."
    )

    def __init__(self, offsets: Sequence[str], *, field: str) -> None:
        self.offsets = offsets
        super().__init__(field=field)


def zone_of(name: str) -> ZoneInfo:
    """Return the time zone with this IANA name; raise UnknownTimeZone."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UnknownTimeZone(field="time_zone") from error


def moment_of(typed: Typed, name: str, zone: ZoneInfo) -> datetime:
    """Return the time that was typed into the field `name`, in the zone; raise FieldNotAcceptable, TimeSkipped or
    TimeRepeated. Of a time that occurs twice, the field `name_offset` says which one."""
    try:
        local = datetime.fromisoformat(text_in(typed, name)).replace(tzinfo=None)
        first, second = (local.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
        is_repeated, exists = first.utcoffset() != second.utcoffset(), _exists(first, zone)
    except (ValueError, OverflowError) as error:
        raise FieldNotAcceptable(ENTER_DATE_AND_TIME, field=name) from error
    if not exists:
        earlier, later = (at.astimezone(UTC).astimezone(zone) for at in (second, first))
        raise TimeSkipped(
            _SKIPPED,
            field=name,
            time=f"{local:%H:%M}",
            day=day_for_reader(local.date()),
            zone=zone.key,
            earlier=f"{earlier:%H:%M}",
            later=f"{later:%H:%M}",
        )
    if not is_repeated:
        return first
    offsets = {_offset_of(at): at for at in (first, second)}
    chosen = offsets.get(text_in(typed, f"{name}_offset"))
    if chosen is None:
        raise TimeRepeated(list(offsets), field=name)
    return chosen


def moments_in(typed: Typed, names: Sequence[str], zone_name: str, each: Collector) -> dict[str, datetime]:
    """Return the times that were typed into the fields with these names, in the zone; the collector takes what is wrong."""
    found = {}
    zone = ZoneInfo("UTC")
    with each.check():
        zone = zone_of(zone_name)
    for name in names:
        with each.check():
            found[name] = moment_of(typed, name, zone)
    return found


def typed_of(name: str, at: datetime, zone: str) -> dict[str, Sequence[str]]:
    """Return a time as the values of a `datetime-local` field in the zone: the local time and its offset from UTC."""
    local = at.astimezone(ZoneInfo(zone))
    return {name: [local.strftime("%Y-%m-%dT%H:%M")], f"{name}_offset": [_offset_of(local)]}


def _exists(at: datetime, zone: ZoneInfo) -> bool:
    return at.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == at.replace(tzinfo=None)


def _offset_of(at: datetime) -> str:
    digits = f"{at:%z}"
    return f"UTC{digits[:3]}:{digits[3:5]}"
