"""Rendering: the templates, and what they may call."""

from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from forum.shapes import Topic
from pages.shell import dates
from pages.shell.dates import day, hour, moment, span, utc
from pages.shell.icons import ICONS
from pages.shell.urls import topic_address

_TEMPLATES = Path(__file__).parents[1] / "templates"

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
    return Markup(dates.date(at))


def browser(agent: str) -> str:
    """A browser in words that its owner recognises."""
    name = next((word for mark, word in _BROWSERS if mark in agent), "")
    system = next((word for mark, word in _SYSTEMS if mark in agent), "")
    return " on ".join(part for part in (name, system) if part) or agent[:60] or "Unknown client"


def _address(topic: Topic) -> str:
    return topic_address(topic.id, topic.title)
