"""The Jinja environment: the templates and the functions and filters that they use."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, nodes
from markupsafe import Markup

from core.languages.formats import ListStyle, gap_in, list_in, number_in
from core.languages.names import Foreign
from core.languages.texts import current_language, gettext
from forum.files.file_names import PROGRAM_EXTENSIONS
from forum.files.file_types import ACCEPTED
from forum.shapes import Topic
from pages.keyboard.shortcuts import key_of, page_keys, shortcut_lists
from pages.shell import dates
from pages.shell.dates import day, hour, moment, span, stored_day, utc, utc_date
from pages.shell.faces import face, face_of
from pages.shell.icons import ICONS
from pages.shell.language_names import language_name
from pages.shell.layout import short_name
from pages.shell.template_texts import LookUps, add_texts
from pages.shell.urls import topic_address

_INDENTATION = re.compile(r"^[ \t]+", re.MULTILINE)
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


class IndentationRemovingLoader(FileSystemLoader):
    """A template loader that removes the indentation of each line, which would make pages about a sixth larger."""

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        """Return the template's source without indentation, its path, and the check whether it is up to date."""
        source, path, is_current = super().get_source(environment, template)
        return _INDENTATION.sub("", source), path, is_current


class TemplateEnvironment(Environment):
    """A Jinja environment in which a constant text costs one look-up in the current language."""

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        parsed: nodes.Template = LookUps().visit(super()._parse(source, name, filename))
        return parsed


@cache
def environment() -> Environment:
    """Return the Jinja environment of this process. It escapes all values; an undefined name in a template is an error."""
    made = TemplateEnvironment(
        loader=IndentationRemovingLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    add_texts(made)
    made.globals |= {"face": face, "face_of": face_of}
    made.globals["icons"] = ICONS
    made.globals["accepted_files"] = ",".join(ACCEPTED)
    made.globals["programs"] = " ".join(sorted(PROGRAM_EXTENSIONS))
    made.globals["gap"] = gap
    made.globals |= {"key_of": key_of, "page_keys": page_keys, "shortcut_lists": shortcut_lists}
    made.filters["number"] = number
    made.filters["listed"] = listed
    made.filters["date"] = date
    made.filters["recent"] = recent
    made.filters["moment"] = moment
    made.filters["utc_date"] = utc_date
    made.filters["stored_day"] = stored_day
    made.filters["utc"] = utc
    made.filters["day"] = day
    made.filters["hour"] = hour
    made.filters["span"] = span
    made.filters["address"] = _address
    made.filters["browser"] = browser
    made.filters["short_name"] = short_name
    made.filters["with_lang"] = with_lang
    made.filters["language_name"] = language_name
    made.filters["lang_attribute"] = lang_attribute
    return made


def compile_templates() -> None:
    """Compile all templates, which takes more than a second of processor time in all and up to a tenth for one page.

    A server calls this in a thread when it starts, so that the first reader of a page holds up nobody.
    """
    for name in environment().list_templates():
        environment().get_template(name)


def date(at: datetime) -> Markup:
    """Return a `time` element that shows the day and never the time of day; its title has the time."""
    return Markup(dates.date(at))


def recent(at: datetime) -> Markup:
    """Return a `time` element that shows the day, or "today" with the time of day."""
    return Markup(dates.recent(at))


def gap() -> str:
    """Return what stands between two sentences in the language of the page."""
    return gap_in(current_language())


def number(value: float) -> str:
    """Return a number as the language of the page writes it."""
    return number_in(current_language(), value)


def listed(parts: Iterable[str], before: str = "", style: ListStyle = "standard") -> Markup:
    """Return a list, such as "a, b and c": each part after `before`, and with a direction of its own."""
    isolated = [Markup("<bdi>{}{}</bdi>").format(before, part) for part in parts]
    return Markup(list_in(current_language(), isolated, style))


def with_lang(text: str) -> str:
    """Return a name, in an element that says its language if that is not the language of the page."""
    if not isinstance(text, Foreign):
        return text
    return Markup('<span lang="{}" dir="auto">{}</span>').format(text.lang, str(text))


def lang_attribute(text: str) -> Markup:
    """Return the attribute `lang` for an element that contains only this name, or nothing."""
    return Markup(' lang="{}"').format(text.lang) if isinstance(text, Foreign) else Markup()


def browser(agent: str) -> str:
    """Return the browser and the system of a User-Agent header, such as "Firefox on Windows"."""
    name = next((word for mark, word in _BROWSERS if mark in agent), "")
    system = next((word for mark, word in _SYSTEMS if mark in agent), "")
    if name and system:
        return gettext("%(browser)s on %(system)s", browser=name, system=system)
    return name or system or agent[:60] or gettext("Unknown client")


def _address(topic: Topic) -> str:
    return topic_address(topic.id, topic.title)
