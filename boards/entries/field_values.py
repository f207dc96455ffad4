"""Answers: what may stand in the fields of an entry, brought into one form; and the terms among it."""

import math
import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from boards.forms import asked
from boards.shapes import Field, Fields, Form, Taxonomy
from core.errors import Invalid
from core.text import NO_CONTROLS, ONE_LINE, TITLE_LENGTH, tidy
from members.profiles.countries import COUNTRIES

LONGEST = 5_000
LONGEST_LINK = 2_000
MOST_TERMS = 40
LARGEST = 1e15
FILES = frozenset({"file"})
REFERENCED = frozenset({"topic", "post", "question", "member", "entry"})

_PLAIN, _LINE = re.compile(NO_CONTROLS), re.compile(ONE_LINE)


class AnswerInvalid(Invalid):
    """A field does not take what was given; `field` is its key."""

    message = "This is not an answer that the field takes."


class AnswerMissing(Invalid):
    """A required field was left empty; `field` is its key."""

    message = "This field needs an answer."


class NoSuchField(Invalid):
    """The form has no such field, or asks it no more."""

    message = "This form has no such field."


def check(form: Form, given: Fields, taxonomies: Mapping[str, Taxonomy]) -> Fields:
    """The answers of a new entry as they are stored; empty ones are left out."""
    answers = validate_given_values(form, given, taxonomies)
    for field in asked(form):
        if field.required and answers.get(field.key) is None:
            raise AnswerMissing(field=field.key)
    return {key: value for key, value in answers.items() if value is not None}


def validate_given_values(form: Form, given: Fields, taxonomies: Mapping[str, Taxonomy]) -> Fields:
    """The answers that are given, as they are stored; None stands for an empty one."""
    fields = {field.key: field for field in asked(form)}
    answers: Fields = {}
    for key, value in given.items():
        if key not in fields:
            raise NoSuchField(field=key)
        answers[key] = _read(fields[key], value, taxonomies)
        if fields[key].required and answers[key] is None:
            raise AnswerMissing(field=key)
    return answers


def collect_terms(form: Form, answers: Fields, taxonomies: Mapping[str, Taxonomy]) -> list[tuple[str, str]]:
    """What an entry is filtered, grouped and crossed by: field and term, each term with those it lies below."""
    terms: list[tuple[str, str]] = []
    for field in form.fields:
        value = answers.get(field.key)
        chosen = value if isinstance(value, list) else [value] if isinstance(value, str) else []
        if field.taxonomy is not None:
            above = {term.slug: term.parent for term in taxonomies[field.taxonomy].terms}
            terms += [(field.key, term) for slug in chosen for term in _upwards(slug, above)]
        elif field.type == "country":
            terms += [(field.key, term) for term in chosen]
    return list(dict.fromkeys(terms))


def _upwards(slug: str, above: Mapping[str, str | None]) -> list[str]:
    line = [slug]
    while (parent := above.get(line[-1])) is not None and parent not in line:
        line.append(parent)
    return line


def _read(field: Field, value: Any, taxonomies: Mapping[str, Taxonomy]) -> Any:
    if value is None or value == "" or value == []:
        return None
    if field.taxonomy is not None:
        known = [term.slug for term in taxonomies[field.taxonomy].terms]
        return _one_of(field, value, known) if field.type == "one_of" else _some_of(field, value, known)
    return _READERS[field.type](field, value)


def _one_of(field: Field, value: Any, known: list[str]) -> str:
    if not isinstance(value, str) or value not in known:
        raise AnswerInvalid("This is not on the list.", field=field.key)
    return str(value)


def _some_of(field: Field, value: Any, known: list[str]) -> list[str]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or len(values) > MOST_TERMS or not all(one in known for one in values):
        raise AnswerInvalid("This is not on the list.", field=field.key)
    return [term for term in known if term in values]


def _text(field: Field, value: Any) -> str | None:
    if not isinstance(value, str) or len(value) > TITLE_LENGTH or not _LINE.match(value):
        raise AnswerInvalid(f"One line of at most {TITLE_LENGTH} characters.", field=field.key)
    return tidy(value) or None


def _long_text(field: Field, value: Any) -> str | None:
    if not isinstance(value, str) or len(value) > LONGEST or not _PLAIN.match(value):
        raise AnswerInvalid(f"At most {LONGEST} characters.", field=field.key)
    return tidy(value.replace("\r\n", "\n")) or None


def _number(field: Field, value: Any) -> float | int:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value) or abs(value) > LARGEST:
        raise AnswerInvalid("This is not a number.", field=field.key)
    return int(value) if float(value).is_integer() else float(value)


def _date(field: Field, value: Any) -> str:
    try:
        return date.fromisoformat(value if isinstance(value, str) else "").isoformat()
    except ValueError:
        raise AnswerInvalid("A date is written YYYY-MM-DD.", field=field.key) from None


def _country(field: Field, value: Any) -> str:
    if not isinstance(value, str) or value not in COUNTRIES:
        raise AnswerInvalid("A country is given by its two letters.", field=field.key)
    return str(value)


def _link(field: Field, value: Any) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_LINK or not _LINE.match(value):
        raise AnswerInvalid("This is not an address of the web.", field=field.key)
    value = value.strip()
    try:
        parts = urlsplit(value)
        is_web = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.username
    except ValueError:
        is_web = False
    if not is_web or re.search(r"[\s<>\"]", value):
        raise AnswerInvalid("An address begins with https:// and names a site.", field=field.key)
    return str(value)


def _reference(field: Field, value: Any) -> dict[str, Any]:
    kinds = FILES if field.type == "file" else REFERENCED
    is_one = isinstance(value, dict) and set(value) == {"kind", "id"} and value["kind"] in kinds
    if not is_one or type(value["id"]) is not int or not 0 < value["id"] < 2**63:
        raise AnswerInvalid("This is not a reference to anything here.", field=field.key)
    return {"kind": value["kind"], "id": value["id"]}


_READERS: Mapping[str, Callable[[Field, Any], Any]] = {
    "text": _text,
    "long_text": _long_text,
    "number": _number,
    "date": _date,
    "country": _country,
    "link": _link,
    "file": _reference,
    "reference": _reference,
}
