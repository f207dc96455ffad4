"""Dates and times as HTML, in UTC; the page's scripts convert them to the reader's time zone."""

from datetime import UTC, datetime

from markupsafe import Markup

_MONTHS = ("", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def date(at: datetime) -> str:
    """Return a `time` element that shows the day and never the time of day; its title is the day and the time in UTC."""
    return _time_element(at, "")


def recent(at: datetime) -> str:
    """Return a `time` element that shows the day; the page's scripts show "today" with the time of day where it is today."""
    return _time_element(at, " data-recent")


def utc_date(at: datetime) -> str:
    """Return the day in UTC as text that scripts leave alone, such as "3 May 2026": a citation is the same for everyone."""
    at = at if at.tzinfo is UTC else at.astimezone(UTC)
    return f"{at.day} {_MONTHS[at.month]} {at.year}"


def moment(at: datetime) -> Markup:
    """Return a `time` element that shows the day and the time in UTC."""
    at = at.astimezone(UTC)
    words = f"{at.day} {at:%b %Y, %H:%M} UTC"
    return Markup(f'<time datetime="{at:%Y-%m-%dT%H:%M:%SZ}" data-moment>{words}</time>')


def utc(at: datetime) -> str:
    """Return the time in ISO 8601, in UTC, to the second."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def day(at: datetime) -> str:
    """Return the day in UTC with its weekday, such as "Thu 3 May"."""
    at = at.astimezone(UTC)
    return f"{at:%a} {at.day} {at:%b}"


def hour(at: datetime) -> str:
    """Return the time of day in UTC, such as "14:05"."""
    return f"{at.astimezone(UTC):%H:%M}"


def span(seconds: int) -> str:
    """Return a length of time in the largest unit that divides it, such as "an hour" or "5 minutes"."""
    for size, word in ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")):
        if seconds % size == 0 and seconds >= size:
            count = seconds // size
            article = "an" if word == "hour" else "a"
            return f"{article} {word}" if count == 1 else f"{count} {word}s"
    return "no time"


def _time_element(at: datetime, kind: str) -> str:
    at = at if at.tzinfo is UTC else at.astimezone(UTC)
    iso, day = at.isoformat(), utc_date(at)
    return f'<time datetime="{iso[:19]}Z" title="{day}, {iso[11:16]} UTC"{kind}>{day}</time>'
