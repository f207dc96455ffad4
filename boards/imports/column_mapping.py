"""Mapping of imported columns to form fields, and of cells to field values.

People write what they see: names of terms and countries, several in one cell, and numbers and dates as their spreadsheet
shows them. Ambiguous cells are refused, never guessed.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from boards.entries.field_values import AnswerInvalid
from boards.forms import active_fields
from boards.imports.habits import Ambiguous, Habits, read_date, read_number
from boards.imports.headings import column_key
from boards.imports.sheet_inspector import NOT_COMPUTED
from boards.imports.units import PERCENT, split_unit
from boards.imports.workbooks import Cell
from boards.shapes import Field, Form, Taxonomy
from boards.templates import labels_of
from core.errors import Invalid
from core.languages.texts import translatable
from forum.text.excerpts import cut_words
from members.profiles.country_names import find_country

# Separators of terms in one cell. The comma is no separator, because names of terms contain commas.
_SEPARATOR = re.compile(r"[;|\n；؛、]")
# What spreadsheets show in place of a value that they could not compute, in the languages of the community.
_ERROR = re.compile(
    r"#(?:DIV/0!|N/A|NAME\?|NULL!|NUM!|REF!|VALUE!|SPILL!|CALC!|FIELD!|CONNECT!|BLOCKED!|UNKNOWN!|GETTING_DATA|NV|WERT!|BEZUG!"
    r"|ZAHL!|NOM\?|VALEUR!|NOMBRE!|¡VALOR!|¡REF!|¡NUM!|¡DIV/0!|¿NOMBRE\?|VALOR!|N/D|NOME\?|NÚM!)|(?:Err|错误):\d{3}"
)
# Yes and no in the languages of the community; spreadsheets have cells that are true or false.
_YES = frozenset("yes y true oui vrai sí si verdadero sim verdadeiro ja wahr نعم صحيح 是 真 有 ✓ ✔ ☑".split())
_NO = frozenset("no n false non faux falso não nao nein falsch لا خطأ 否 假 无 ✗ ✘ ☐".split())
_MAX_EXCERPT = 60
_NO_VALUE_YET = translatable(
    "This formula has no value yet. Open the file in a spreadsheet program, save it, and upload it again."
)
_NO_NUMBER = translatable("“%(cell)s” is not a number.")
_PERCENT_IN_SOME = translatable(
    "“%(cell)s” has a unit that not all rows have. Write it without the percent sign."
)
# In forms, the browser writes numbers with a decimal point.
IN_FORMS = Habits(decimals=".")


class FieldMappedTwice(Invalid):
    """Two columns of an import belong to one field."""

    message = translatable("Two columns are mapped to the same field. Leave one of them out.")


class ColumnUnknown(Invalid):
    """The mapping names a column that the file does not have, or a field that the form does not have."""

    message = translatable("The file has no such column, or the stock-take has no such field.")


def names_of_fields(form: Form) -> Mapping[str, Field]:
    """Return the fields that accept values by their keys and labels, in all languages, as names are compared."""
    fields = active_fields(form)
    translated = {column_key(name): field for field in fields for name in labels_of(field)}
    return translated | {column_key(name): field for field in fields for name in (field.label, field.key)}


def map_columns(
    columns: Sequence[str],
    form: Form,
    remembered: Mapping[str, str],
    chosen: Mapping[str, str | None],
) -> dict[str, Field]:
    """Return the field of each column that has one.

    What the person has chosen decides, then what the board remembers, then the key or label of a field. Raises ColumnUnknown
    or FieldMappedTwice.
    """
    by_key, by_name = {field.key: field for field in active_fields(form)}, names_of_fields(form)
    if not chosen.keys() <= set(columns) or not {key for key in chosen.values() if key} <= by_key.keys():
        raise ColumnUnknown(field="columns")
    mapped = {column: by_key[key] for column, key in chosen.items() if key}
    if len({field.key for field in mapped.values()}) < len(mapped):
        raise FieldMappedTwice(field="columns")
    left = [column for column in columns if column not in chosen]
    by_memory = {column: by_key.get(remembered.get(column_key(column), "")) for column in left}
    by_own_name = {
        column: by_name.get(key) for column in left if (key := column_key(column)) not in remembered
    }
    for column, field in (*by_memory.items(), *by_own_name.items()):
        if field is not None and field not in mapped.values():
            mapped[column] = field
    return {column: mapped[column] for column in columns if column in mapped}


def parse_cell(
    field: Field, cell: Cell, taxonomies: Mapping[str, Taxonomy], habits: Habits = IN_FORMS
) -> Any:
    """Return the field value of a cell, as `validate_given_values` accepts it; raise AnswerInvalid.

    `habits` decide how ambiguous numbers and dates are read.
    """
    if cell is None:
        return None
    if (error := _error_in(cell)) is not None:
        raise _error_refusal(field, error)
    if field.taxonomy is not None:
        return _terms(field, cell, taxonomies[field.taxonomy])
    return _PARSERS.get(field.type, _unchanged)(field, cell, habits)


def _error_in(cell: Cell) -> str | None:
    if isinstance(cell, dict) and cell.keys() == {"error"}:
        return str(cell["error"])
    return cell if isinstance(cell, str) and _ERROR.fullmatch(cell) else None


def _error_refusal(field: Field, error: str) -> AnswerInvalid:
    if error == NOT_COMPUTED:
        return AnswerInvalid(_NO_VALUE_YET, field=field.key)
    if not error:
        return AnswerInvalid(translatable("The cell has an error."), field=field.key)
    return AnswerInvalid(translatable("The cell has the error %(error)s."), field=field.key, error=error)


def _terms(field: Field, cell: Cell, taxonomy: Taxonomy) -> Any:
    # The table may come from a reader of any language; where two names are the same, the first language decides.
    foreign = {column_key(name): term.slug for term in taxonomy.terms for name in term.names.values()}
    own = {column_key(name): term.slug for term in taxonomy.terms for name in (term.name, term.slug)}
    slugs = foreign | own
    if field.type == "one_of":
        return _term(field, cell, slugs)
    if isinstance(cell, list):
        return [_term(field, one, slugs) for one in cell]
    whole = slugs.get(column_key(_shown(cell)))
    parts = [part for part in _SEPARATOR.split(_shown(cell)) if part.strip()]
    return [whole] if whole is not None else [_term(field, part, slugs) for part in parts]


def _term(field: Field, cell: Cell, slugs: Mapping[str, str]) -> str:
    key = column_key(_shown(cell))
    slug = slugs.get(key) or _yes_or_no(key, slugs)
    if slug is None:
        raise _refusal(field, cell, translatable("“%(cell)s” is not on the list."))
    return slug


def _yes_or_no(key: str, slugs: Mapping[str, str]) -> str | None:
    """Return the one term that means yes, or no, as the cell does."""
    meant = next((words for words in (_YES, _NO) if key in words), frozenset[str]())
    found = {slug for name, slug in slugs.items() if name in meant}
    return next(iter(found)) if len(found) == 1 else None


def _text(field: Field, cell: Cell, _: Habits) -> Any:
    return cell if isinstance(cell, str) else _shown(cell)


def _number(field: Field, cell: Cell, habits: Habits) -> Any:
    if not isinstance(cell, str):
        return cell
    amount, unit = split_unit(cell)
    if unit and unit != habits.unit:
        raise _unit_refusal(field, cell, unit, habits)
    try:
        number = read_number(amount, habits.decimals)
    except Ambiguous as found:
        raise _two_readings(field, cell, found) from None
    if number is None:
        raise _refusal(field, cell, _NO_NUMBER)
    return number


def _unit_refusal(field: Field, cell: Cell, unit: str, habits: Habits) -> AnswerInvalid:
    if habits == IN_FORMS:
        without_sign = translatable("“%(cell)s” is not a number. Write it without the percent sign.")
        return _refusal(field, cell, without_sign if unit == PERCENT else _NO_NUMBER)
    if unit == PERCENT:
        return _refusal(field, cell, _PERCENT_IN_SOME)
    return _refusal(field, cell, translatable("“%(cell)s” has a unit that not all rows have."))


def _date(field: Field, cell: Cell, habits: Habits) -> Any:
    try:
        read = read_date(str(cell), habits.dates)
    except Ambiguous as found:
        raise _two_readings(field, cell, found) from None
    if read is None:
        raise _refusal(field, cell, translatable("“%(cell)s” is not a date. Write it as YYYY-MM-DD."))
    return read


def _two_readings(field: Field, cell: Cell, found: Ambiguous) -> AnswerInvalid:
    first, second = found.readings
    # NOTE: a cell that can be read in two ways, such as 1.234, and both ways.
    told = translatable("“%(cell)s” can be %(first)s or %(second)s.")
    return _refusal(field, cell, told, first=first, second=second)


def _country(field: Field, cell: Cell, _: Habits) -> Any:
    code = find_country(str(cell))
    if code is None:
        raise _refusal(field, cell, translatable("“%(cell)s” is not the name or code of a country."))
    return code


def _unchanged(field: Field, cell: Cell, _: Habits) -> Any:
    return cell


def _refusal(field: Field, cell: Cell, message: str, **facts: str) -> AnswerInvalid:
    return AnswerInvalid(message, field=field.key, cell=cut_words(_shown(cell), _MAX_EXCERPT), **facts)


def _shown(cell: Cell) -> str:
    """Return a cell as a spreadsheet shows it."""
    return str(cell).upper() if isinstance(cell, bool) else str(cell)


_PARSERS: Mapping[str, Callable[[Field, Cell, Habits], Any]] = {
    "text": _text,
    "long_text": _text,
    "number": _number,
    "date": _date,
    "country": _country,
}
