"""Rows of CSV files. A row with a misplaced quotation mark is wrong, and the rows after it are read."""

import csv
import io
from collections.abc import Collection, Iterator

from boards.imports.delimiters import find_delimiter, split_sep_line
from boards.imports.headings import RawRow
from core.languages.texts import translatable
from gatherings.record.exports import unescape_csv_formula

QUOTES_WRONG = translatable("A quotation mark is missing in this row, or in the wrong place.")
# Rows after an open quotation mark are read again, up to this number of characters for the whole file.
_MAX_READ_AGAIN = 8 * 1024 * 1024


class _Lines:
    """Iterates over the lines of a text, and can go back to one."""

    def __init__(self, text: str) -> None:
        self.text = io.StringIO(text, newline="")
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self.text.readline()
        if not line:
            raise StopIteration
        self.number += 1
        return line


def choose_delimiter(text: str, known: Collection[str]) -> tuple[str, str]:
    """Return the delimiter of a text and the text without the line that names it, if there is one."""
    named, rest = split_sep_line(text)
    return named or find_delimiter(rest, known), rest


def read_csv(text: str, delimiter: str) -> Iterator[RawRow]:
    """Yield the rows of a text; the number is that of the last line of a row."""
    lines, again = _Lines(text), _MAX_READ_AGAIN
    reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)
    while True:
        start, before = lines.text.tell(), lines.number
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            again -= lines.text.tell() - start
            end = (lines.text.tell(), lines.number)
            lines.text.seek(start)
            lines.number = before
            yield RawRow(before + 1, _read_roughly(next(lines), delimiter), QUOTES_WRONG)
            if again < 0:
                lines.text.seek(end[0])
                lines.number = end[1]
            continue
        yield RawRow(lines.number, [unescape_csv_formula(cell) for cell in cells])


def _read_roughly(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error:
        return [line[:1_000]]
