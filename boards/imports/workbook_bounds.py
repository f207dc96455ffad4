"""Limits on XLSX workbooks before they are parsed.

A small XLSX file can name a cell so far away that the parser allocates all available memory. So the parser gets a repacked
workbook: only the parts that the first sheet needs, decompressed within limits, and without cells outside the limits. The
sizes that the file states about itself are never trusted.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from xml.parsers import expat

MAX_UNPACKED_SIZE = 64 * 1024 * 1024
# Cells from A1 to the outermost cell, empty ones included: twice the maximum rows times columns of an import.
MAX_CELLS = 1_000_000
_MAX_PARTS = 2_000
_MAX_ERROR_CELLS = 50_000
_CHUNK_SIZE = 256 * 1024

_WORKBOOK, _RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
_REQUIRED_PARTS = ("[content_types].xml", "_rels/.rels", _WORKBOOK, _RELATIONS)
_SHARED_PARTS = ("xl/sharedstrings.xml", "xl/styles.xml")
# The methods that spreadsheets use; decompression with other methods cannot be stopped half-way.
_COMPRESSION_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_CELL = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")
_PARSE_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    RuntimeError,
    OSError,
    ValueError,
    expat.ExpatError,
)


class WorkbookUnreadable(Exception):
    """The file is no XLSX workbook, or a damaged one."""


class WorkbookTooBig(Exception):
    """The decompressed workbook or its range of cells exceeds the limits."""


def repack_workbook(content: bytes) -> tuple[bytes, Mapping[tuple[int, int], str]]:
    """Return a repacked workbook with the first sheet only, and its error cells by row and column, which the parser drops.

    Rows and columns begin at 1. Raises WorkbookUnreadable or WorkbookTooBig.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = _parts(packed.infolist())
            repacker = _Repacker(packed, parts)
            return repacker.run(), repacker.inspector.errors
    except _PARSE_ERRORS:
        raise WorkbookUnreadable from None


def _parts(members: Iterable[zipfile.ZipInfo]) -> Mapping[str, zipfile.ZipInfo]:
    """Return the parts by the names that the parser uses; raise if they are no workbook or exceed the limits."""
    parts: dict[str, zipfile.ZipInfo] = {}
    unpacked = 0
    for member in members:
        unpacked += member.file_size
        name = member.filename.replace("\\", "/").lower()
        if name in parts or member.compress_type not in _COMPRESSION_METHODS:
            raise WorkbookUnreadable
        parts[name] = member
    if unpacked > MAX_UNPACKED_SIZE or len(parts) > _MAX_PARTS:
        raise WorkbookTooBig
    if not all(name in parts for name in _REQUIRED_PARTS):
        raise WorkbookUnreadable
    return parts


class _Repacker:
    """Copies the needed parts of one workbook into a new archive and checks them."""

    def __init__(self, packed: zipfile.ZipFile, parts: Mapping[str, zipfile.ZipInfo]) -> None:
        self.packed, self.parts, self.bytes_left = packed, parts, MAX_UNPACKED_SIZE
        self.inspector = _SheetInspector()

    def run(self) -> bytes:
        output = io.BytesIO()
        with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
            for name in _REQUIRED_PARTS:
                self._copy_part(target, name)
            sheet = self.inspector.first_sheet()
            if sheet not in self.parts or sheet in (*_REQUIRED_PARTS, *_SHARED_PARTS):
                raise WorkbookUnreadable
            for name in (*_SHARED_PARTS, sheet):
                if name in self.parts:
                    self._copy_part(target, name)
        return output.getvalue()

    def _copy_part(self, target: zipfile.ZipFile, name: str) -> None:
        member = self.parts[name]
        parser = self.inspector.parser()
        with self.packed.open(member) as part, target.open(member.filename.replace("\\", "/"), "w") as copy:
            while chunk := part.read(_CHUNK_SIZE):
                self.bytes_left -= len(chunk)
                if self.bytes_left < 0:
                    raise WorkbookTooBig
                parser.Parse(chunk, False)
                copy.write(chunk)
        parser.Parse(b"", True)


class _SheetInspector:
    """Reads the XML of the parts for the range of the cells, error cells and the name of the first sheet's part."""

    def __init__(self) -> None:
        self.errors: dict[tuple[int, int], str] = {}
        self.error_at: tuple[int, int] | None = None
        self.current: expat.XMLParserType | None = None
        self.sheet_id = ""
        self.targets: dict[str, str] = {}
        self.rows = self.columns = 0
        self.row = self.column = 0
        self.cell: tuple[int, int] | None = None

    def parser(self) -> expat.XMLParserType:
        """Return a parser for one part; like the main parser, it reads UTF-8 whatever encoding the part declares."""
        parser = expat.ParserCreate("utf-8")
        parser.StartElementHandler = self._start
        parser.StartDoctypeDeclHandler = _refuse_doctype
        self.row, self.column, self.cell = 0, 0, None
        self.current, self.error_at = parser, None
        # Relation ids are unique in one part only; the workbook's relations are the last required part.
        self.targets = {}
        return parser

    def first_sheet(self) -> str:
        """Return the name of the part with the first sheet."""
        target = self.targets.get(self.sheet_id, "").replace("\\", "/").lstrip("/").lower()
        return target if target.startswith("xl/") else f"xl/{target}"

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(":")[2]
        if name == "row":
            self.row, self.column, self.cell = _number(attributes.get("r"), self.row + 1), 0, None
        elif name == "c":
            self.cell = self._position(attributes.get("r"))
            self.column = self.cell[1]
            self._watch_error(self.cell if attributes.get("t") == "e" else None)
        elif self.cell is not None:
            # Only a cell with content counts; the main parser ignores cells that have only a style.
            self._extend_range(*self.cell)
            self.cell = None
        elif name == "v":
            if self.error_at is not None:
                # The value of the cell counts, not its formula.
                self.errors[self.error_at] = ""
        elif name == "sheet" and not self.sheet_id:
            ids = (value for key, value in attributes.items() if key.rpartition(":")[2] == "id")
            self.sheet_id = next(ids, "")
        elif name == "Relationship":
            self.targets.setdefault(attributes.get("Id", ""), attributes.get("Target", ""))

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
            if len(self.errors) >= _MAX_ERROR_CELLS:
                raise WorkbookTooBig
            self.errors[cell] = ""
        if cell != self.error_at and self.current is not None:
            self.error_at = cell
            self.current.CharacterDataHandler = None if cell is None else self._add_error_text

    def _add_error_text(self, text: str) -> None:
        if self.error_at is not None:
            self.errors[self.error_at] = (self.errors[self.error_at] + text.strip())[:20]

    def _extend_range(self, row: int, column: int) -> None:
        self.rows, self.columns = max(self.rows, row), max(self.columns, column)
        if self.rows * self.columns > MAX_CELLS:
            raise WorkbookTooBig


def _number(text: str | None, otherwise: int) -> int:
    return otherwise if text is None else int(text)


def _refuse_doctype(*_: object) -> None:
    raise WorkbookUnreadable
