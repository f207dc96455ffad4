"""Rendering: the templates, and what they may call."""

from datetime import UTC, datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from forum.shapes import Topic
from pages import contribution
from pages.addresses import topic_address
from pages.icons import ICONS

_TEMPLATES = Path(__file__).parent / "templates"

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def environment() -> Environment:
    """The templates of this version, escaping all they are given; a name that is missing is an error."""
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals["icons"] = ICONS
    made.filters["date"] = date
    made.filters["moment"] = moment
    made.filters["utc"] = utc
    made.filters["day"] = day
    made.filters["hour"] = hour
    made.filters["span"] = span
    made.filters["address"] = _address
    made.filters["browser"] = browser
    return made


def date(at: datetime) -> Markup:
    """A day; the time of day is in its title."""
    return Markup(contribution.date(at))


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


def browser(agent: str) -> str:
    """A browser in words that its owner recognises."""
    name = next((word for mark, word in _BROWSERS if mark in agent), "")
    system = next((word for mark, word in _SYSTEMS if mark in agent), "")
    return " on ".join(part for part in (name, system) if part) or agent[:60] or "Unknown client"


def _address(topic: Topic) -> str:
    return topic_address(topic.id, topic.title)
