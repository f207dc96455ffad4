"""Dates and times as pages show them, in UTC with a machine-readable form for scripts."""

from datetime import UTC, datetime

from markupsafe import Markup

_MONTHS = ("", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def date(moment: datetime) -> str:
    """A day and a time in UTC, which the page's script turns into the reader's own."""
    at = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    iso = at.isoformat()
    day = f"{at.day} {_MONTHS[at.month]} {at.year}"
    return f'<time datetime="{iso[:19]}Z" title="{day}, {iso[11:16]} UTC">{day}</time>'


def moment(at: datetime) -> Markup:
    """A day and a time of day in UTC, which the page's script turns into the reader's own."""
    at = at.astimezone(UTC)
    words = f"{at.day} {at:%b %Y, %H:%M} UTC"
    return Markup(f'<time datetime="{at:%Y-%m-%dT%H:%M:%SZ}" data-moment>{words}</time>')


def utc(at: datetime) -> str:
    """A moment as machines read it."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def day(at: datetime) -> str:
    """A day in UTC with its weekday, as a script says it in the reader's own."""
    at = at.astimezone(UTC)
    return f"{at:%a} {at.day} {at:%b}"


def hour(at: datetime) -> str:
    """A time of day in UTC."""
    return f"{at.astimezone(UTC):%H:%M}"


def span(seconds: int) -> str:
    """A length of time in the largest unit that it fills."""
    for size, word in ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")):
        if seconds % size == 0 and seconds >= size:
            count = seconds // size
            article = "an" if word == "hour" else "a"
            return f"{article} {word}" if count == 1 else f"{count} {word}s"
    return "no time"
