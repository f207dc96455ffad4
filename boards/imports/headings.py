"""The rows of a file as they are, the row of headings among them, below a title and notes, and the names of the columns."""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

from msgspec import Struct

from core.languages.languages import languages
from core.languages.texts import translatable
from core.text import tidy
from core.visible import strip_invisible

# Headings are searched among this number of rows, of which the person who imports may choose another one.
FIRST_ROWS = 12
# The last column of the rows that are downloaded for correction; it is left out when they are imported again.
WRONG_COLUMN = translatable("What is wrong")


class RawRow(Struct, frozen=True):
    """A row before the headings are known: its number in the file, its cells, and what is wrong with it as a whole."""

    number: int
    cells: list[Any]
    problem: str = ""


def find_heading(rows: Sequence[RawRow], known: Collection[str]) -> int:
    """Return the index of the row of headings among the first rows of a file.

    `known` are the names of fields and remembered columns, in the form of `column_key`. A row that has more of them than
    the others is the heading; otherwise the first row that is as wide as most rows and consists of words is.
    """
    first = rows[:FIRST_ROWS]
    widths = [_width(row) for row in rows]
    matches = [
        len({column_key(cell) for cell in row.cells if isinstance(cell, str)} & set(known)) for row in first
    ]
    if matches and max(matches) > 0:
        at = matches.index(max(matches))
        # Headings in two rows: the second one names more columns.
        is_second = matches[at + 1 : at + 2] == [matches[at]] and widths[at + 1] > widths[at]
        return at + is_second
    usual = max(Counter(widths).items(), key=lambda one: (one[1], one[0]), default=(0, 0))[0]
    if not first or widths[0] >= 2 or usual < 2:
        return 0
    # A title is alone in its row.
    wide = [
        index
        for index, row in enumerate(first)
        if _is_words(row) and widths[index] * 2 > usual and widths[index] >= 2
    ]
    return wide[0] if wide else 0


def name_columns(cells: Sequence[object]) -> list[str]:
    """Return a name for each column: its heading; `Column 3` without one, and `Name (2)` for the second one called so."""
    names: list[str] = []
    for number, cell in enumerate(cells, 1):
        name = base = str(cell) if cell is not None else f"Column {number}"
        again = 1
        while name in names:
            again += 1
            name = f"{base} ({again})"
        names.append(name)
    return names


def names_of_wrong_column() -> frozenset[str]:
    """Return the names of the last column of downloaded rows in all languages."""
    return frozenset(one.translations.gettext(WRONG_COLUMN) for one in languages().values())


def column_key(name: object) -> str:
    """Return the form of a name in which columns, terms and entries are compared.

    It is composed (NFC), without case and invisible characters, and each white space is one space.
    """
    return " ".join(tidy(strip_invisible(str(name))).casefold().split())


def _width(row: RawRow) -> int:
    return sum(cell is not None for cell in row.cells)


def _is_words(row: RawRow) -> bool:
    """Return whether the cells are texts, and most of them have letters."""
    cells = [cell for cell in row.cells if cell is not None]
    texts = [cell for cell in cells if isinstance(cell, str)]
    return len(texts) == len(cells) and sum(any(map(str.isalpha, text)) for text in texts) * 2 > len(texts)
