"""Entries in the language of the reader where a post is shown without its board, as in search results and notifications.

The text of an entry is stored in English: what a template calls its fields, and the names of terms and countries.
"""

import html
import re
from functools import cache

from boards.entries.entry_text import date_for_reader
from boards.templates import TEMPLATES, label_for_reader
from core.languages.formats import list_in
from core.languages.languages import ENGLISH
from core.languages.names import shared_name
from core.languages.texts import current_language
from members.profiles.countries import COUNTRIES, country_in

_DAY = re.compile(r"[12]\d{3}-\d{2}-\d{2}")
_FIELD = re.compile(r"(<p[^>]*>)<strong>([^<\n]{1,200}):</strong>( [^<\n]+)?")
_SOURCE_FIELD = re.compile(r"(?m)^\*\*([^*\n]{1,200}):\*\*( [^\n]+)?$")
_TERM_LABELS = frozenset(
    field.label for _, form in TEMPLATES.values() for field in form.fields if field.taxonomy
)
_DATE_LABELS = frozenset(
    field.label for _, form in TEMPLATES.values() for field in form.fields if field.type == "date"
)
_COUNTRY_LABELS = frozenset(
    field.label for _, form in TEMPLATES.values() for field in form.fields if field.type == "country"
)


def entry_for_reader(page: str) -> str:
    """Return the HTML of an entry's post with the labels of templates, terms and countries as the reader calls them."""
    return page if current_language() is ENGLISH else _FIELD.sub(_field_for_reader, page)


def entry_source_for_reader(source: str) -> str:
    """Return the Markdown of an entry's post with the labels of templates, terms and countries as the reader calls them."""
    title, gap, fields = source.partition("\n\n")
    if current_language() is ENGLISH:
        return source
    return f"{title}{gap}{_SOURCE_FIELD.sub(_source_field_for_reader, fields)}"


def _source_field_for_reader(match: re.Match[str]) -> str:
    label = label_for_reader(match[1])
    if label == match[1]:
        return match[0]
    value = _value_for_reader(match[1], (match[2] or "").strip())
    return f"**{label}{_colon()}**{' ' + value if value else ''}"


def _colon() -> str:
    return {"zh": "：", "fr": "\u00a0:"}.get(current_language().locale.language, ":")


def _field_for_reader(match: re.Match[str]) -> str:
    stored = html.unescape(match[2])
    label = label_for_reader(stored)
    if label == stored:
        return match[0]
    value = html.unescape(match[3] or "")
    words = html.escape(_value_for_reader(stored, value.strip()), quote=False)
    label = html.escape(label, quote=False)
    return f"{match[1]}<strong>{label}{_colon()}</strong>{' ' + words if words else ''}"


def _value_for_reader(label: str, value: str) -> str:
    if label in _COUNTRY_LABELS:
        return country_in(current_language(), _codes().get(value, value))
    if label in _DATE_LABELS and _DAY.fullmatch(value):
        return date_for_reader(value)
    if label in _TERM_LABELS and value:
        names = _names_in(value)
        return list_in(current_language(), [shared_name(name) for name in names], "unit")
    return value


def _names_in(value: str) -> list[str]:
    """Return the names in a list; a name that has a comma itself stays in one piece with the others."""
    names = value.split(", ")
    return names if any(shared_name(name) != name for name in names) else [value]


@cache
def _codes() -> dict[str, str]:
    return {name: code for code, name in COUNTRIES.items()}
