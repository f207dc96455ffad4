"""Validation and normalization of field values, and the terms among them."""

import math
import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from boards.forms import active_fields
from boards.shapes import Field, Fields, Form, Taxonomy
from core.errors import Invalid, every_refusal
from core.languages.texts import translatable
from core.text import NO_CONTROLS, ONE_LINE, TITLE_LENGTH, tidy
from core.visible import is_visible
from members.profiles.countries import COUNTRIES

MAX_LONG_TEXT_LENGTH = 5_000
MAX_LINK_LENGTH = 2_000
MAX_TERMS = 40
MAX_NUMBER = 1e15
FILE_KINDS = frozenset({"file"})
REFERENCE_KINDS = frozenset({"topic", "post", "question", "member", "entry"})

_NO_CONTROLS, _ONE_LINE = re.compile(NO_CONTROLS), re.compile(ONE_LINE)


class AnswerInvalid(Invalid):
    """A field does not accept the given value; `field` is its key."""

    message = translatable("This is not an answer that the field takes.")


class AnswerMissing(Invalid):
    """A required field was left empty; `field` is its key."""

    message = translatable("This field needs an answer.")


class NoSuchField(Invalid):
    """The form has no such field, or the field is retired."""

    message = translatable("This form has no such field.")


def validate_values(form: Form, given: Fields, taxonomies: Mapping[str, Taxonomy]) -> Fields:
    """Return the values of a new entry in their stored form, without empty ones.

    Raises NoSuchField, AnswerInvalid or AnswerMissing.
    """
    with every_refusal() as each:
        values: Fields = {}
        with each.check():
            values = validate_given_values(form, given, taxonomies)
        for field in active_fields(form):
            with each.check():
                if field.required and field.key not in given:
                    raise AnswerMissing(field=field.key)
    return {key: value for key, value in values.items() if value is not None}


def validate_given_values(form: Form, given: Fields, taxonomies: Mapping[str, Taxonomy]) -> Fields:
    """Return the given values in their stored form, None for empty ones; raise as `validate_values`."""
    fields = {field.key: field for field in active_fields(form)}
    values: Fields = {}
    with every_refusal() as each:
        for key, value in given.items():
            with each.check():
                if key not in fields:
                    raise NoSuchField(field=key)
                values[key] = _normalize(fields[key], value, taxonomies)
                if fields[key].required and values[key] is None:
                    raise AnswerMissing(field=key)
    return values


def collect_terms(form: Form, values: Fields, taxonomies: Mapping[str, Taxonomy]) -> list[tuple[str, str]]:
    """Return the (field, term) pairs of an entry for filters and the matrix, including the terms above each chosen term."""
    terms: list[tuple[str, str]] = []
    for field in form.fields:
        value = values.get(field.key)
        chosen = value if isinstance(value, list) else [value] if isinstance(value, str) else []
        if field.taxonomy is not None:
            parents = {term.slug: term.parent for term in taxonomies[field.taxonomy].terms}
            terms += [(field.key, term) for slug in chosen for term in _with_ancestors(slug, parents)]
        elif field.type == "country":
            terms += [(field.key, term) for term in chosen]
    return list(dict.fromkeys(terms))


def _with_ancestors(slug: str, parents: Mapping[str, str | None]) -> list[str]:
    path = [slug]
    while (parent := parents.get(path[-1])) is not None and parent not in path:
        path.append(parent)
    return path


def _normalize(field: Field, value: Any, taxonomies: Mapping[str, Taxonomy]) -> Any:
    if value is None or value == "" or value == []:
        return None
    if field.taxonomy is not None:
        known = [term.slug for term in taxonomies[field.taxonomy].terms]
        return _one_of(field, value, known) if field.type == "one_of" else _some_of(field, value, known)
    return _NORMALIZERS[field.type](field, value)


def _one_of(field: Field, value: Any, known: list[str]) -> str:
    if not isinstance(value, str) or value not in known:
        raise AnswerInvalid(translatable("This is not on the list."), field=field.key)
    return str(value)


def _some_of(field: Field, value: Any, known: list[str]) -> list[str]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or len(values) > MAX_TERMS or not all(one in known for one in values):
        raise AnswerInvalid(translatable("This is not on the list."), field=field.key)
    return [term for term in known if term in values]


def _text(field: Field, value: Any) -> str | None:
    if not isinstance(value, str) or len(value) > TITLE_LENGTH or not _ONE_LINE.match(value):
        raise AnswerInvalid(
            translatable("One line of at most %(most)s characters."), field=field.key, most=TITLE_LENGTH
        )
    return tidy(value) if is_visible(value) else None


def _long_text(field: Field, value: Any) -> str | None:
    if not isinstance(value, str) or len(value) > MAX_LONG_TEXT_LENGTH or not _NO_CONTROLS.match(value):
        raise AnswerInvalid(
            translatable("At most %(most)s characters."), field=field.key, most=MAX_LONG_TEXT_LENGTH
        )
    return tidy(value.replace("\r\n", "\n")) if is_visible(value) else None


def _number(field: Field, value: Any) -> float | int:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value) or abs(value) > MAX_NUMBER:
        raise AnswerInvalid(translatable("This is not a number."), field=field.key)
    return int(value) if float(value).is_integer() else float(value)


def _date(field: Field, value: Any) -> str:
    try:
        return date.fromisoformat(value if isinstance(value, str) else "").isoformat()
    except ValueError:
        raise AnswerInvalid(translatable("A date is written YYYY-MM-DD."), field=field.key) from None


def _country(field: Field, value: Any) -> str:
    if not isinstance(value, str) or value not in COUNTRIES:
        raise AnswerInvalid(translatable("A country is given by its two letters."), field=field.key)
    return str(value)


def _link(field: Field, value: Any) -> str:
    if not isinstance(value, str) or len(value) > MAX_LINK_LENGTH or not _ONE_LINE.match(value):
        raise AnswerInvalid(translatable("This is not an address of the web."), field=field.key)
    value = value.strip()
    try:
        parts = urlsplit(value)
        is_web = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.username
    except ValueError:
        is_web = False
    if not is_web or re.search(r"[\s<>\"]", value):
        raise AnswerInvalid(
            translatable("An address begins with https:// and names a site."), field=field.key
        )
    return str(value)


def _reference(field: Field, value: Any) -> dict[str, Any]:
    kinds = FILE_KINDS if field.type == "file" else REFERENCE_KINDS
    is_one = isinstance(value, dict) and set(value) == {"kind", "id"} and value["kind"] in kinds
    if not is_one or type(value["id"]) is not int or not 0 < value["id"] < 2**63:
        raise AnswerInvalid(translatable("This is not a reference to anything here."), field=field.key)
    return {"kind": value["kind"], "id": value["id"]}


_NORMALIZERS: Mapping[str, Callable[[Field, Any], Any]] = {
    "text": _text,
    "long_text": _long_text,
    "number": _number,
    "date": _date,
    "country": _country,
    "link": _link,
    "file": _reference,
    "reference": _reference,
}
