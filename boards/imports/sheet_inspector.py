"""What the XML of a workbook says besides the values of its cells: sheets, the range of cells, errors, merged cells,
percentages and hidden rows."""

import re
from xml.parsers import expat

# Cells from A1 to the outermost cell, empty ones included: twice the maximum rows times columns of an import.
MAX_CELLS = 1_000_000
# Cells with errors, and ranges of merged cells.
_MAX_MARKS = 50_000
_MAX_SHEETS = 200
_CELL = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")
# Percentages among the formats that need no description (ECMA-376, 18.8.30), and what is not part of another format.
_PERCENT_FORMATS = ("9", "10")
_LITERALS = re.compile(r'"[^"]*"|\\.')
# The error of a formula that was never computed: programs write such files, spreadsheets compute when they open them.
NOT_COMPUTED = "no value"


class WorkbookUnreadable(Exception):
    """The file is no XLSX workbook, or a damaged one."""


class WorkbookTooBig(Exception):
    """The decompressed workbook or its range of cells exceeds the limits."""


class SheetInspector:
    """Reads the XML of the parts of one workbook; call `parser` for each part, the sheets last.

    Afterwards it has the names of the sheets that are not hidden, and of the last sheet its name, its error cells by row and
    column, its merged cells: the last row of each range by its first cell, its cells that are shown in percent, and its
    hidden rows. Rows and columns begin at 1.
    """

    def __init__(self) -> None:
        self.sheet = ""
        self.sheets: dict[str, str] = {}
        self.hidden: dict[str, str] = {}
        self.targets: dict[str, str] = {}
        self.errors: dict[tuple[int, int], str] = {}
        self.merged: dict[tuple[int, int], int] = {}
        self.percents: set[tuple[int, int]] = set()
        self.hidden_rows: set[int] = set()
        self.formats: dict[str, str] = {}
        self.styles = 0
        self.in_percent: set[str] = set()
        self.is_in_styles = False
        self.current: expat.XMLParserType | None = None
        self.error_at: tuple[int, int] | None = None
        self.formula_at: tuple[int, int] | None = None
        self.cell: tuple[int, int] | None = None
        self.rows = self.columns = self.row = self.column = 0

    def parser(self) -> expat.XMLParserType:
        """Return a parser for one part; like the main parser, it reads UTF-8 whatever encoding the part declares."""
        parser = expat.ParserCreate("utf-8")
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.StartDoctypeDeclHandler = _refuse_doctype
        self.rows = self.columns = self.row = self.column = 0
        self.cell = self.error_at = self.formula_at = None
        self.current, self.errors, self.merged = parser, {}, {}
        self.percents, self.hidden_rows = set(), set()
        return parser

    def parts_of_sheets(self, chosen: str | None) -> dict[str, str]:
        """Return the names of parts by the names of sheets: the chosen one, or those that are not hidden."""
        sheets = self.sheets or self.hidden
        if chosen in sheets:
            sheets = {str(chosen): sheets[str(chosen)]}
        parts = {name: _part(self.targets.get(sheet_id, "")) for name, sheet_id in sheets.items()}
        # A sheet of a chart has no cells.
        found = {name: part for name, part in parts.items() if not part.startswith("xl/chartsheets/")}
        if not found:
            raise WorkbookUnreadable
        return found

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(":")[2]
        if name == "row":
            self._start_row(attributes)
        elif name == "c":
            self._start_cell(attributes)
        elif self.cell is not None:
            # Only a cell with content counts; the main parser ignores cells that have only a style.
            self._extend_range(*self.cell)
            self.formula_at = self.cell if name == "f" else None
            self.cell = None
        elif name == "v":
            self.formula_at = None
            if self.error_at is not None:
                # The value of the cell counts, not its formula.
                self.errors[self.error_at] = ""
        else:
            self._start_other(name, attributes)

    def _start_row(self, attributes: dict[str, str]) -> None:
        self.row, self.column, self.cell = _number(attributes.get("r"), self.row + 1), 0, None
        if attributes.get("hidden") in ("1", "true"):
            self.hidden_rows.add(self.row)

    def _start_cell(self, attributes: dict[str, str]) -> None:
        self.cell = self._position(attributes.get("r"))
        self.column = self.cell[1]
        self._watch_error(self.cell if attributes.get("t") == "e" else None)
        if attributes.get("s", "0") in self.in_percent and len(self.percents) < MAX_CELLS:
            self.percents.add(self.cell)

    def _start_other(self, name: str, attributes: dict[str, str]) -> None:
        if name == "mergeCell":
            self._add_merged(attributes.get("ref", ""))
        elif name == "sheet":
            self._add_sheet(attributes)
        elif name in ("numFmt", "cellXfs", "xf"):
            self._add_style(name, attributes)
        elif name == "Relationship":
            # Relation ids are unique in one part only; the workbook's relations are the last part that has some.
            self.targets[attributes.get("Id", "")] = attributes.get("Target", "")

    def _add_style(self, name: str, attributes: dict[str, str]) -> None:
        """Note a number format, or a style of cells; cells name their style by its place in `cellXfs`."""
        if name == "numFmt":
            self.formats[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif name == "cellXfs":
            self.is_in_styles = True
        elif self.is_in_styles:
            number = attributes.get("numFmtId", "")
            if number in _PERCENT_FORMATS or "%" in _LITERALS.sub("", self.formats.get(number, "")):
                self.in_percent.add(str(self.styles))
            self.styles += 1

    def _end(self, name: str) -> None:
        if name.rpartition(":")[2] == "cellXfs":
            self.is_in_styles = False
        if self.formula_at is not None and name.rpartition(":")[2] == "c":
            self._add_error(self.formula_at, NOT_COMPUTED)
            self.formula_at = None

    def _add_sheet(self, attributes: dict[str, str]) -> None:
        ids = (value for key, value in attributes.items() if key.rpartition(":")[2] == "id")
        is_hidden = attributes.get("state", "visible") != "visible"
        if len(self.sheets) + len(self.hidden) < _MAX_SHEETS:
            (self.hidden if is_hidden else self.sheets)[attributes.get("name", "")] = next(ids, "")

    def _add_merged(self, reference: str) -> None:
        first, _, last = reference.partition(":")
        (top, left), (bottom, _) = self._position(first), self._position(last or first)
        if len(self.merged) >= _MAX_MARKS:
            raise WorkbookTooBig
        if bottom > top:
            self.merged[top, left] = bottom

    def _position(self, reference: str | None) -> tuple[int, int]:
        if reference is None:
            return max(self.row, 1), self.column + 1
        found = _CELL.fullmatch(reference)
        if found is None:
            raise WorkbookUnreadable
        column = 0
        for letter in found[1].upper():
            column = column * 26 + ord(letter) - 64
        return int(found[2]), column

    def _watch_error(self, cell: tuple[int, int] | None) -> None:
        if cell is not None:
            self._add_error(cell, "")
        if cell != self.error_at and self.current is not None:
            self.error_at = cell
            self.current.CharacterDataHandler = None if cell is None else self._add_error_text

    def _add_error(self, cell: tuple[int, int], text: str) -> None:
        if len(self.errors) >= _MAX_MARKS:
            raise WorkbookTooBig
        self.errors[cell] = text

    def _add_error_text(self, text: str) -> None:
        if self.error_at is not None:
            self.errors[self.error_at] = (self.errors[self.error_at] + text.strip())[:20]

    def _extend_range(self, row: int, column: int) -> None:
        self.rows, self.columns = max(self.rows, row), max(self.columns, column)
        if self.rows * self.columns > MAX_CELLS:
            raise WorkbookTooBig


def _part(target: str) -> str:
    name = target.replace("\\", "/").lstrip("/").lower()
    return name if name.startswith("xl/") else f"xl/{name}"


def _number(text: str | None, otherwise: int) -> int:
    return otherwise if text is None else int(text)


def _refuse_doctype(*_: object) -> None:
    raise WorkbookUnreadable
