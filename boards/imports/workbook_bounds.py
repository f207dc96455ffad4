"""Workbooks before they are parsed: a small XLSX can name a cell so far out that its parser asks for all memory there is.

What the parser gets is a workbook packed anew: only the parts that the first sheet needs, each unpacked within bounds, and
with no cell further out than an import takes. What a file says of its own size is never trusted.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from xml.parsers import expat

LARGEST_UNPACKED = 64 * 1024 * 1024
# The rectangle from A1 to the outermost cell, empty ones included: twice the rows times the columns of an import.
MOST_CELLS = 1_000_000
_MOST_PARTS = 2_000
_CHUNK = 256 * 1024

_WORKBOOK, _RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
_FRAME = ("[content_types].xml", "_rels/.rels", _WORKBOOK, _RELATIONS)
_SHARED = ("xl/sharedstrings.xml", "xl/styles.xml")
# What a spreadsheet packs with; the unpacking of others cannot be stopped half-way.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_CELL = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError, ValueError, expat.ExpatError)


class WorkbookUnreadable(Exception):
    """No XLSX workbook, or a broken one."""


class WorkbookTooBig(Exception):
    """More inside, unpacked or in cells, than an import takes."""


def bounded_workbook(content: bytes) -> bytes:
    """Return the first sheet's workbook packed anew; raise WorkbookUnreadable or WorkbookTooBig."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = _parts(packed.infolist())
            return _Repacking(packed, parts).run()
    except _BROKEN:
        raise WorkbookUnreadable from None


def _parts(members: Iterable[zipfile.ZipInfo]) -> Mapping[str, zipfile.ZipInfo]:
    """The parts by the names under which the parser finds them, if the directory is one of a workbook within bounds."""
    parts: dict[str, zipfile.ZipInfo] = {}
    unpacked = 0
    for member in members:
        unpacked += member.file_size
        name = member.filename.replace("\\", "/").lower()
        if name in parts or member.compress_type not in _METHODS:
            raise WorkbookUnreadable
        parts[name] = member
    if unpacked > LARGEST_UNPACKED or len(parts) > _MOST_PARTS:
        raise WorkbookTooBig
    if not all(name in parts for name in _FRAME):
        raise WorkbookUnreadable
    return parts


class _Repacking:
    """One workbook on its way from the archive that came to the one that is parsed."""

    def __init__(self, packed: zipfile.ZipFile, parts: Mapping[str, zipfile.ZipInfo]) -> None:
        self.packed, self.parts, self.left = packed, parts, LARGEST_UNPACKED
        self.look = _Look()

    def run(self) -> bytes:
        kept = io.BytesIO()
        with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as anew:
            for name in _FRAME:
                self._take(anew, name)
            sheet = self.look.first_sheet()
            if sheet not in self.parts or sheet in (*_FRAME, *_SHARED):
                raise WorkbookUnreadable
            for name in (*_SHARED, sheet):
                if name in self.parts:
                    self._take(anew, name)
        return kept.getvalue()

    def _take(self, anew: zipfile.ZipFile, name: str) -> None:
        member = self.parts[name]
        parser = self.look.parser()
        with self.packed.open(member) as part, anew.open(member.filename.replace("\\", "/"), "w") as copy:
            while chunk := part.read(_CHUNK):
                self.left -= len(chunk)
                if self.left < 0:
                    raise WorkbookTooBig
                parser.Parse(chunk, False)
                copy.write(chunk)
        parser.Parse(b"", True)


class _Look:
    """What is looked at in the XML of all parts: how far out the cells lie, and which part is the first sheet."""

    def __init__(self) -> None:
        self.sheet_id = ""
        self.targets: dict[str, str] = {}
        self.rows = self.columns = 0
        self.row = self.column = 0
        self.cell: tuple[int, int] | None = None

    def parser(self) -> expat.XMLParserType:
        """A parser for one part; it reads UTF-8 whatever the part claims, as the other parser does."""
        parser = expat.ParserCreate("utf-8")
        parser.StartElementHandler = self._start
        parser.StartDoctypeDeclHandler = _refuse_doctype
        self.row, self.column, self.cell = 0, 0, None
        # Each part numbers its own relations: those of the workbook are looked at last.
        self.targets = {}
        return parser

    def first_sheet(self) -> str:
        """The name of the part that the first sheet stands in."""
        target = self.targets.get(self.sheet_id, "").replace("\\", "/").lstrip("/").lower()
        return target if target.startswith("xl/") else f"xl/{target}"

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(":")[2]
        if name == "row":
            self.row, self.column, self.cell = _number(attributes.get("r"), self.row + 1), 0, None
        elif name == "c":
            self.cell = self._place(attributes.get("r"))
            self.column = self.cell[1]
        elif self.cell is not None:
            # Only a cell with something in it takes a place; a style alone takes none.
            self._reach(*self.cell)
            self.cell = None
        elif name == "sheet" and not self.sheet_id:
            ids = (value for key, value in attributes.items() if key.rpartition(":")[2] == "id")
            self.sheet_id = next(ids, "")
        elif name == "Relationship":
            self.targets.setdefault(attributes.get("Id", ""), attributes.get("Target", ""))

    def _place(self, reference: str | None) -> tuple[int, int]:
        if reference is None:
            return max(self.row, 1), self.column + 1
        found = _CELL.fullmatch(reference)
        if found is None:
            raise WorkbookUnreadable
        column = 0
        for letter in found[1].upper():
            column = column * 26 + ord(letter) - 64
        return int(found[2]), column

    def _reach(self, row: int, column: int) -> None:
        self.rows, self.columns = max(self.rows, row), max(self.columns, column)
        if self.rows * self.columns > MOST_CELLS:
            raise WorkbookTooBig


def _number(text: str | None, otherwise: int) -> int:
    return otherwise if text is None else int(text)


def _refuse_doctype(*_: object) -> None:
    raise WorkbookUnreadable
