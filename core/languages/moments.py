"""Days and times as text in the language of the reader, in UTC, where no script can convert them: in files, citations and
sentences."""

from datetime import UTC, date, datetime

from core.languages.formats import day_in
from core.languages.texts import current_language, gettext


def day_for_reader(day: date) -> str:
    """Return a day, such as "3 May 2026"; of a time, its day in UTC."""
    at = day if isinstance(day, datetime) else datetime(day.year, day.month, day.day, tzinfo=UTC)
    return day_in(current_language(), at)


def month_for_reader(month: str) -> str:
    """Return a month that is stored as `YYYY-MM`, such as "May 2026"."""
    return day_in(current_language(), datetime.fromisoformat(f"{month}-01").replace(tzinfo=UTC), "yMMM")


def moment_for_reader(at: datetime) -> str:
    """Return a day with the time of day, such as "3 May 2026, 14:05 UTC"."""
    return day_and_time(day_for_reader(at), f"{at.astimezone(UTC):%H:%M}")


def day_and_time(day: str, time: str) -> str:
    """Return a day and a time of day in UTC as one text."""
    return gettext("%(day)s, %(time)s UTC", day=day, time=time)
