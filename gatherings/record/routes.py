"""The HTTP routes of records: reading them and exporting them as files."""

import asyncio

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency

from core.actor import Actor
from core.http import PathId
from core.ids import GatheringId, RoomId
from gatherings.record import records
from gatherings.record.exports import tables_of, write_csv, write_xlsx
from gatherings.shapes.record import GatheringReport, RoomReport
from members.shapes import Taxonomies
from storage.database import Database

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@get("/rooms/{room_id:int}/report", operation_id="read_room_report")
async def read_room_report(
    room_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> RoomReport:
    """Return the record of a room: for its hosts at any time and in full, for others once it is closed."""
    async with db.read() as tx:
        return await records.read_room_record(tx, actor, RoomId(room_id))


@get("/rooms/{room_id:int}/report.json", operation_id="keep_room_report_json")
async def export_room_json(
    room_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Response[bytes]:
    """Export the record of a room as JSON. Exports never contain small cells."""
    return _json_file(await _read_room(room_id, actor, db), f"room-{room_id}")


@get("/rooms/{room_id:int}/report.csv", operation_id="keep_room_report_csv")
async def export_room_csv(
    room_id: PathId,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    taxonomies: NamedDependency[Taxonomies],
) -> Response[bytes]:
    """Export the record of a room as one CSV file. Exports never contain small cells."""
    return await _csv_file(await _read_room(room_id, actor, db), taxonomies, f"room-{room_id}")


@get("/rooms/{room_id:int}/report.xlsx", operation_id="keep_room_report_xlsx")
async def export_room_xlsx(
    room_id: PathId,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    taxonomies: NamedDependency[Taxonomies],
) -> Response[bytes]:
    """Export the record of a room as an XLSX workbook. Exports never contain small cells."""
    return await _xlsx_file(await _read_room(room_id, actor, db), taxonomies, f"room-{room_id}")


@get("/gatherings/{gathering_id:int}/report", operation_id="read_gathering_report")
async def read_gathering_report(
    gathering_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> GatheringReport:
    """Return the record of a gathering: for its hosts of all rooms, for others of the closed rooms they can see."""
    async with db.read() as tx:
        return await records.read_gathering_record(tx, actor, GatheringId(gathering_id))


@get("/gatherings/{gathering_id:int}/report.json", operation_id="keep_gathering_report_json")
async def export_gathering_json(
    gathering_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Response[bytes]:
    """Export the record of a gathering as JSON. Exports never contain small cells."""
    return _json_file(await _read_gathering(gathering_id, actor, db), f"gathering-{gathering_id}")


@get("/gatherings/{gathering_id:int}/report.csv", operation_id="keep_gathering_report_csv")
async def export_gathering_csv(
    gathering_id: PathId,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    taxonomies: NamedDependency[Taxonomies],
) -> Response[bytes]:
    """Export the record of a gathering as one CSV file. Exports never contain small cells."""
    return await _csv_file(
        await _read_gathering(gathering_id, actor, db), taxonomies, f"gathering-{gathering_id}"
    )


@get("/gatherings/{gathering_id:int}/report.xlsx", operation_id="keep_gathering_report_xlsx")
async def export_gathering_xlsx(
    gathering_id: PathId,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    taxonomies: NamedDependency[Taxonomies],
) -> Response[bytes]:
    """Export the record of a gathering as an XLSX workbook. Exports never contain small cells."""
    return await _xlsx_file(
        await _read_gathering(gathering_id, actor, db), taxonomies, f"gathering-{gathering_id}"
    )


async def _read_room(room_id: int, actor: Actor, db: Database) -> RoomReport:
    async with db.read() as tx:
        return await records.read_room_record(tx, actor, RoomId(room_id), for_export=True)


async def _read_gathering(gathering_id: int, actor: Actor, db: Database) -> GatheringReport:
    async with db.read() as tx:
        return await records.read_gathering_record(tx, actor, GatheringId(gathering_id), for_export=True)


def _json_file(made: RoomReport | GatheringReport, name: str) -> Response[bytes]:
    return _file(msgspec.json.format(msgspec.json.encode(made)), "application/json", f"{name}.json")


async def _csv_file(made: RoomReport | GatheringReport, taxonomies: Taxonomies, name: str) -> Response[bytes]:
    return _file(await asyncio.to_thread(write_csv, tables_of(made, taxonomies)), CSV, f"{name}.csv")


async def _xlsx_file(
    made: RoomReport | GatheringReport, taxonomies: Taxonomies, name: str
) -> Response[bytes]:
    return _file(await asyncio.to_thread(write_xlsx, tables_of(made, taxonomies)), XLSX, f"{name}.xlsx")


def _file(data: bytes, kind: str, name: str) -> Response[bytes]:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(data, media_type=kind, headers=headers)


record_routes = [
    read_room_report,
    export_room_json,
    export_room_csv,
    export_room_xlsx,
    read_gathering_report,
    export_gathering_json,
    export_gathering_csv,
    export_gathering_xlsx,
]
