"""Tables as they are stored: read in a separate process, with their rows as compressed JSON Lines."""

import zlib
from collections.abc import Collection

import msgspec
from msgspec import Struct

from boards.imports.headings import names_of_wrong_column
from boards.imports.workbooks import ParsedRow, ParsedTable, Reading, parse_table
from core.isolation import FILES


class PackedTable(Struct, frozen=True):
    """A parsed file without its rows, and its columns and rows as they are stored."""

    table: ParsedTable
    rows: bytes


async def parse_in_process(
    name: str, content: bytes, reading: Reading, known: Collection[str] = ()
) -> PackedTable:
    """Parse a file in a separate process; the caller has checked permissions. Raises NotASheet, SheetTooBig or TooHeavy."""
    return await FILES.call(pack_table, name, content, reading, frozenset(known), names_of_wrong_column())


def pack_table(
    name: str, content: bytes, reading: Reading, known: frozenset[str], left_out: frozenset[str]
) -> PackedTable:
    """Parse a file and pack its rows; runs in the process for files."""
    table = parse_table(name, content, reading, known, left_out)
    lines = b"\n".join(map(msgspec.json.encode, (table.columns, *table.rows)))
    return PackedTable(msgspec.structs.replace(table, rows=[]), zlib.compress(lines))


def unpack_rows(packed: bytes) -> tuple[list[str], list[ParsedRow]]:
    """Return the columns and rows of a packed table; call it in a thread.

    It reads line by line, because one call for megabytes would stop all other threads.
    """
    content = zlib.decompress(packed)
    if content.startswith(b"[["):
        # Older imports are one array.
        return msgspec.json.decode(content, type=tuple[list[str], list[ParsedRow]])
    columns, *lines = content.split(b"\n")
    decoder = msgspec.json.Decoder(ParsedRow)
    return msgspec.json.decode(columns, type=list[str]), [decoder.decode(line) for line in lines]
