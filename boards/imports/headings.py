"""The row of column headings, which may be below a title and notes, and the names of the columns."""

from collections import Counter
from collections.abc import Collection, Sequence

# Headings are searched among this number of rows, of which the person who imports may choose another one.
FIRST_ROWS = 12


def find_heading(rows: Sequence[tuple[int, list[object]]], known: Collection[str]) -> int:
    """Return the index of the row of headings among the first rows of a file.

    `known` are the names of fields and remembered columns, in the form of `column_key`. A row that has more of them than
    the others is the heading; otherwise the first row that is as wide as most rows and consists of words is.
    """
    first = rows[:FIRST_ROWS]
    matches = [
        len({column_key(cell) for cell in row if isinstance(cell, str)} & set(known)) for _, row in first
    ]
    if matches and max(matches) > 0:
        return matches.index(max(matches))
    widths = [sum(cell is not None for cell in row) for _, row in rows]
    usual = max(Counter(widths).items(), key=lambda one: (one[1], one[0]), default=(0, 0))[0]
    if not first or widths[0] >= 2 or usual < 2:
        return 0
    # A title is alone in its row.
    is_words = (all(isinstance(cell, str) for cell in row if cell is not None) for _, row in first)
    wide = [
        index
        for index, words in enumerate(is_words)
        if words and widths[index] * 2 > usual and widths[index] >= 2
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


def column_key(name: object) -> str:
    """Return the form of a column's name in which names are compared: without case, and each white space one space."""
    return " ".join(str(name).casefold().split())
