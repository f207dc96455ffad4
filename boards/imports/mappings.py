"""What a board remembers of the mapping of imports: to which fields the columns of tables belong."""

from collections.abc import Mapping

import msgspec

from boards.imports.headings import column_key
from core.ids import BoardId
from storage.database import Reader, Transaction
from storage.statements import statement

MAX_REMEMBERED = 500

SELECT_MAPPING = statement("SELECT columns FROM import_mappings WHERE board_id = :board")
UPSERT_MAPPING = statement("""
INSERT INTO import_mappings (board_id, columns) VALUES (:board, CAST(:columns AS jsonb))
ON CONFLICT (board_id) DO UPDATE SET columns = excluded.columns
""")


async def read_mapping(tx: Reader, board_id: BoardId) -> dict[str, str]:
    """Return the keys of fields by the names of columns (as `column_key` writes them); empty for those left out."""
    found: dict[str, str] | None = await tx.value(SELECT_MAPPING, board=board_id)
    return found or {}


async def remember_mapping(tx: Transaction, board_id: BoardId, chosen: Mapping[str, str | None]) -> None:
    """Remember what a person has chosen for the columns of a file, and up to 500 columns of files before."""
    columns = {column_key(name)[:300]: key or "" for name, key in chosen.items()}
    for name, key in (await read_mapping(tx, board_id)).items():
        if len(columns) < MAX_REMEMBERED:
            columns.setdefault(name, key)
    await tx.run(UPSERT_MAPPING, board=board_id, columns=msgspec.json.encode(columns).decode())
