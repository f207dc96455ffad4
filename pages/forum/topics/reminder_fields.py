"""The fields of a form that choose when to be reminded: tomorrow, next week, or at a date and time of the member's own."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from core import clock
from core.errors import every_refusal
from core.languages.texts import translatable
from pages.shell.datetime_fields import moment_of, typed_of, zone_of
from pages.shell.forms import FieldNotAcceptable, Typed, text_in

When = Literal["none", "tomorrow", "next_week", "at"]

_MORNING = time(8)


def reminder_in(typed: Typed) -> datetime | None:
    """Return the chosen time in UTC, or None for no reminder; raise a refusal for each wrong field.

    A date and time that was typed counts, even if nobody chose it in the list above.
    """
    when = text_in(typed, "when") or "none"
    if when == "none" and text_in(typed, "at") not in ("", text_in(typed, "was")):
        when = "at"
    zone, at = ZoneInfo("UTC"), None
    with every_refusal() as each:
        with each.check():
            if when not in get_args(When):
                raise FieldNotAcceptable(translatable("Choose one of the times in the list."), field="when")
        with each.check():
            zone = zone_of(text_in(typed, "time_zone"))
        if when == "at":
            with each.check():
                at = moment_of(typed, "at", zone)
    if at is None and when != "none":
        at = morning_of(when == "tomorrow", zone, clock.now())
    return None if at is None else at.astimezone(UTC)


def morning_of(is_tomorrow: bool, zone: ZoneInfo, now: datetime) -> datetime:
    """Return eight o'clock in the morning in the zone: tomorrow, or on Monday of the next week."""
    today = now.astimezone(zone)
    days = 1 if is_tomorrow else 7 - today.weekday()
    return datetime.combine(today.date() + timedelta(days=days), _MORNING, zone)


def fields_of(remind_at: datetime | None, zone: str) -> dict[str, Sequence[str]]:
    """Return the values of the fields for a reminder, in the member's zone."""
    if remind_at is None:
        return {"when": ["none"], "time_zone": [zone]}
    fields = typed_of("at", remind_at, zone)
    return {"when": ["at"], "time_zone": [zone], "was": fields["at"], **fields}
