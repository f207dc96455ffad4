"""Mapping of imported columns to form fields, and of cells to field values.

People write what they see: names of terms and countries, several in one cell, and numbers and dates as their spreadsheet
shows them. Ambiguous cells are refused, never guessed.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from boards.entries.field_values import AnswerInvalid
from boards.forms import active_fields
from boards.imports.workbooks import Cell
from boards.shapes import Field, Form, Taxonomy
from core.text import tidy
from members.profiles.countries import COUNTRIES

# Separators of terms in one cell. The comma is no separator, because names of terms contain commas.
_SEPARATOR = re.compile(r"[;|\n]")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_WITH_COMMA = re.compile(r"[+-]?\d+,(?:\d{1,2}|\d{4,})")
_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ].*)?")
_DAY_MONTH_YEAR = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")


def match_columns(columns: list[str], form: Form) -> tuple[dict[str, Field], list[str]]:
    """Return the field of each column, matched by key or label regardless of case, and the columns without a field."""
    fields = {
        name.casefold(): field for field in active_fields(form) for name in (field.label.strip(), field.key)
    }
    matched: dict[str, Field] = {}
    for column in columns:
        field = fields.get(column.casefold())
        if field is not None and field.key not in {one.key for one in matched.values()}:
            matched[column] = field
    return matched, [column for column in columns if column not in matched]


def parse_cell(field: Field, cell: Cell, taxonomies: Mapping[str, Taxonomy]) -> Any:
    """Return the field value of a cell, as `validate_given_values` accepts it; raise AnswerInvalid."""
    if cell is None:
        return None
    if field.taxonomy is not None:
        return _terms(field, cell, taxonomies[field.taxonomy])
    return _PARSERS.get(field.type, _unchanged)(field, cell)


def _terms(field: Field, cell: Cell, taxonomy: Taxonomy) -> Any:
    slugs = {_normalized(name): term.slug for term in taxonomy.terms for name in (term.name, term.slug)}
    if field.type == "one_of":
        return _term(field, cell, slugs)
    if isinstance(cell, list):
        return [_term(field, one, slugs) for one in cell]
    whole = slugs.get(_normalized(cell))
    parts = [part for part in _SEPARATOR.split(str(cell)) if part.strip()]
    return [whole] if whole is not None else [_term(field, part, slugs) for part in parts]


def _term(field: Field, cell: Cell, slugs: Mapping[str, str]) -> str:
    slug = slugs.get(_normalized(cell))
    if slug is None:
        raise AnswerInvalid(f"“{_excerpt(cell)}” is not on the list.", field=field.key)
    return slug


def _normalized(cell: Cell) -> str:
    return " ".join(tidy(str(cell)).casefold().split())


def _text(field: Field, cell: Cell) -> Any:
    return cell if isinstance(cell, str) else _excerpt(cell)


def _number(field: Field, cell: Cell) -> Any:
    if not isinstance(cell, str):
        return cell
    written = re.sub(r"(?<=\d)[\s\u00a0\u202f'’](?=\d)", "", cell.replace("−", "-"))
    if _WITH_COMMA.fullmatch(written):
        written = written.replace(",", ".")
    if not _NUMBER.fullmatch(written):
        raise AnswerInvalid(f"“{_excerpt(cell)}” can not be read as one number only.", field=field.key)
    return float(written)


def _date(field: Field, cell: Cell) -> Any:
    written = str(cell)
    if dotted := _DAY_MONTH_YEAR.fullmatch(written):
        day, month, year = map(int, dotted.groups())
        written = f"{year:04}-{month:02}-{day:02}"
    found = _DATE.fullmatch(written)
    if found is None or not _is_day(found[1]):
        raise AnswerInvalid(f"“{_excerpt(cell)}” is no date: write it YYYY-MM-DD.", field=field.key)
    return found[1]


def _is_day(written: str) -> bool:
    try:
        datetime.fromisoformat(written)
    except ValueError:
        return False
    return True


def _country(field: Field, cell: Cell) -> Any:
    code = _COUNTRY_CODES.get(_normalized(cell))
    if code is None:
        raise AnswerInvalid(f"“{_excerpt(cell)}” is no country known here.", field=field.key)
    return code


def _unchanged(field: Field, cell: Cell) -> Any:
    return cell


def _excerpt(cell: Cell) -> str:
    text = str(cell)
    return text if len(text) <= 60 else text[:59] + "…"


_COUNTRY_CODES = {_normalized(name): code for code, known in COUNTRIES.items() for name in (code, known)}
_PARSERS: Mapping[str, Callable[[Field, Cell], Any]] = {
    "text": _text,
    "long_text": _text,
    "number": _number,
    "date": _date,
    "country": _country,
}
