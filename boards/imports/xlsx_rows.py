"""Rows of XLSX workbooks, with error cells, and with the value of merged cells in each of their rows."""

import io
from collections.abc import Iterator, Mapping, Set
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from boards.imports.headings import RawRow
from boards.imports.sheet_inspector import SheetInspector, WorkbookUnreadable
from boards.imports.workbook_bounds import repack_workbook


def open_xlsx(content: bytes, sheet: str | None) -> tuple[SheetInspector, Iterator[RawRow]]:
    """Return what a workbook says of its sheets, and the rows of the chosen one, or of the first one that is not hidden.

    Raises WorkbookUnreadable or WorkbookTooBig, also while the rows are read.
    """
    bounded, found = repack_workbook(content, sheet)
    return found, _read_sheet(bounded, found)


def _read_sheet(bounded: bytes, found: SheetInspector) -> Iterator[RawRow]:
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(bounded)) as book:
            sheet = book.get_sheet_by_name(found.sheet)
            first_column = sheet.start[1] + 1 if sheet.start is not None else 1
            kept: dict[int, tuple[Any, int]] = {}
            # Row by row, because reading the whole sheet in one call would hold the GIL.
            for number, row in enumerate(sheet.iter_rows(), 1):
                cells = _with_errors(row, number, first_column, found.errors)
                if found.percents:
                    _write_percents(cells, number, first_column, found.percents)
                if found.merged:
                    _fill_merged(cells, number, first_column, found.merged, kept)
                yield RawRow(number, cells)
    except CalamineError:
        raise WorkbookUnreadable from None


def _with_errors(
    row: list[Any], number: int, first_column: int, errors: Mapping[tuple[int, int], str]
) -> list[Any]:
    """Return the row with its error cells, which the parser gives as empty ones."""
    if not errors:
        return row
    return [
        {"error": errors.get((number, at), "")} if (number, at) in errors else cell
        for at, cell in enumerate(row, first_column)
    ]


def _write_percents(cells: list[Any], number: int, first_column: int, percents: Set[tuple[int, int]]) -> None:
    """Replace the numbers of cells in percent by what a spreadsheet shows: the text 12.5% for 0.125."""
    for at, cell in enumerate(cells, first_column):
        if (number, at) in percents and isinstance(cell, int | float) and not isinstance(cell, bool):
            # Binary fractions are not exact: 0.07 * 100 is 7.000000000000001.
            cells[at - first_column] = f"{round(cell * 100, 10):.10f}".rstrip("0").rstrip(".") + "%"


def _fill_merged(
    cells: list[Any],
    number: int,
    first_column: int,
    merged: Mapping[tuple[int, int], int],
    kept: dict[int, tuple[Any, int]],
) -> None:
    """Write the value of cells that are merged over several rows into each of these rows; `kept` are those under way."""
    for at, cell in enumerate(cells, first_column):
        if (last := merged.get((number, at))) is not None:
            kept[at] = (cell, last)
        elif at in kept and number <= kept[at][1] and cell in (None, ""):
            cells[at - first_column] = kept[at][0]
