"""Dates and times as HTML, in UTC; the page's scripts convert them to the reader's time zone."""

from datetime import UTC, datetime
from functools import lru_cache

from markupsafe import Markup

from core.languages.formats import day_in
from core.languages.languages import Language
from core.languages.moments import day_and_time, day_for_reader, moment_for_reader
from core.languages.texts import current_language, gettext, ngettext


def date(at: datetime) -> str:
    """Return a `time` element that shows the day and never the time of day; its title is the day and the time in UTC."""
    return _time_element(at, "")


def recent(at: datetime) -> str:
    """Return a `time` element that shows the day; the page's scripts show "today" with the time of day where it is today."""
    return _time_element(at, " data-recent")


def utc_date(at: datetime) -> str:
    """Return the day in UTC as text that scripts leave alone, such as "3 May 2026": a citation does not depend on the time
    zone."""
    return day_for_reader(at)


def stored_day(day: str) -> str:
    """Return a day that is stored as `YYYY-MM-DD`, such as "3 May 2026"."""
    return day_for_reader(datetime.fromisoformat(day).date())


def moment(at: datetime) -> Markup:
    """Return a `time` element that shows the day and the time in UTC."""
    return Markup(f'<time datetime="{utc(at)}" data-moment>{moment_for_reader(at)}</time>')


def utc(at: datetime) -> str:
    """Return the time in ISO 8601, in UTC, to the second."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def day(at: datetime) -> str:
    """Return the day in UTC with its weekday, such as "Thu 3 May"."""
    return day_in(current_language(), at, "MMMEd")


def hour(at: datetime) -> str:
    """Return the time of day in UTC, such as "14:05"."""
    return f"{at.astimezone(UTC):%H:%M}"


def span(seconds: int) -> str:
    """Return a length of time in the largest unit that divides it, such as "an hour" or "5 minutes"."""
    if seconds < 1:
        return gettext("no time")
    if seconds % 86_400 == 0:
        return ngettext("a day", "%(num)s days", seconds // 86_400)
    if seconds % 3_600 == 0:
        return ngettext("an hour", "%(num)s hours", seconds // 3_600)
    if seconds % 60 == 0:
        return ngettext("a minute", "%(num)s minutes", seconds // 60)
    return ngettext("a second", "%(num)s seconds", seconds)


def _time_element(at: datetime, kind: str) -> str:
    return _time_element_in(current_language(), at if at.tzinfo is UTC else at.astimezone(UTC), kind)


# Kept, as the same posts are shown to one reader after the other. The language is that in which the texts inside are made.
@lru_cache(maxsize=20_000)
def _time_element_in(_language: Language, at: datetime, kind: str) -> str:
    iso, day = at.isoformat(), utc_date(at)
    return f'<time datetime="{iso[:19]}Z" title="{day_and_time(day, iso[11:16])}"{kind}>{day}</time>'
