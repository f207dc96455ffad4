"""Limits on XLSX workbooks before they are parsed.

A small XLSX file can name a cell so far away that the parser allocates all available memory. So the parser gets a repacked
workbook: only the parts that its sheet needs, decompressed within limits, and without cells outside the limits. The
sizes that the file states about itself are never trusted.
"""

import io
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from xml.parsers import expat

from boards.imports.sheet_inspector import SheetInspector, WorkbookTooBig, WorkbookUnreadable

MAX_UNPACKED_SIZE = 64 * 1024 * 1024
_MAX_PARTS = 2_000
_CHUNK_SIZE = 256 * 1024

_WORKBOOK, _RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
_REQUIRED_PARTS = ("[content_types].xml", "_rels/.rels", _WORKBOOK, _RELATIONS)
_SHARED_PARTS = ("xl/sharedstrings.xml", "xl/styles.xml")
# The methods that spreadsheets use; decompression with other methods cannot be stopped half-way.
_COMPRESSION_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_PARSE_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    RuntimeError,
    OSError,
    ValueError,
    expat.ExpatError,
)


def repack_workbook(content: bytes, chosen: str | None = None) -> tuple[bytes, SheetInspector]:
    """Return a repacked workbook with one sheet only, and what was found in it besides its cells.

    The sheet is the chosen one, otherwise the first one that is not hidden and has cells. Raises WorkbookUnreadable or
    WorkbookTooBig.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = _parts(packed.infolist())
            repacker = _Repacker(packed, parts)
            return repacker.run(chosen), repacker.inspector
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
        self.inspector = SheetInspector()

    def run(self, chosen: str | None) -> bytes:
        output = io.BytesIO()
        with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
            for name in _REQUIRED_PARTS:
                self._copy_part(target, name)
            sheets = self.inspector.parts_of_sheets(chosen)
            for name in _SHARED_PARTS:
                if name in self.parts:
                    self._copy_part(target, name)
            for sheet, name in sheets.items():
                if name not in self.parts or name in (*_REQUIRED_PARTS, *_SHARED_PARTS):
                    raise WorkbookUnreadable
                self._copy_part(target, name)
                self.inspector.sheet = sheet
                if self.inspector.rows:
                    break
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
