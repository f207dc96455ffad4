"""HTTP routes that stream exports of a board's table."""

from collections.abc import AsyncIterator, Callable

from litestar import get
from litestar.di import NamedDependency
from litestar.response import Stream

from boards.editions.exports import BoardExport, open_export, write_csv, write_json, write_xlsx
from core.actor import Actor
from core.http import PathId
from core.ids import BoardId
from storage.database import Database

CSV = "text/csv; charset=utf-8"
JSON = "application/json"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Write = Callable[[Database, BoardExport], AsyncIterator[bytes]]


@get("/boards/{board_id:int}/export.csv", operation_id="export_board_csv")
async def export_csv(
    board_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Stream:
    """Export the table as CSV."""
    return await _stream(BoardId(board_id), actor, db, write_csv, "csv", CSV)


@get("/boards/{board_id:int}/export.xlsx", operation_id="export_board_xlsx")
async def export_xlsx(
    board_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Stream:
    """Export the table as an XLSX workbook."""
    return await _stream(BoardId(board_id), actor, db, write_xlsx, "xlsx", XLSX)


@get("/boards/{board_id:int}/export.json", operation_id="export_board_json")
async def export_json(
    board_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Stream:
    """Export the table as JSON."""
    return await _stream(BoardId(board_id), actor, db, write_json, "json", JSON)


async def _stream(
    board_id: BoardId, actor: Actor, db: Database, write: Write, extension: str, media_type: str
) -> Stream:
    async with db.read() as tx:
        export = await open_export(tx, actor, board_id, db.site)
    headers = {
        "Content-Disposition": f'attachment; filename="{export.name}.{extension}"',
        "Cache-Control": "no-store",
    }
    return Stream(write(db, export), media_type=media_type, headers=headers)


routes = [export_csv, export_xlsx, export_json]
