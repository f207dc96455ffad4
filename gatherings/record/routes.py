"""The HTTP side of the record: reports of rooms and gatherings, to read and to keep."""

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
from storage.database import Database

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@get("/rooms/{room_id:int}/report", operation_id="read_room_report")
async def read_room_report(
    room_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> RoomReport:
    """The record of a room: to its hosts at any time and with everything, to its readers once it is closed."""
    async with db.read() as tx:
        return await records.read_room_record(tx, actor, RoomId(room_id))


@get("/rooms/{room_id:int}/report.json", operation_id="keep_room_report_json")
async def keep_room_json(
    room_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Response[bytes]:
    """The same as a file. In what is kept elsewhere small cells are left out, whoever asks."""
    return _json(await _room(room_id, actor, db), f"room-{room_id}")


@get("/rooms/{room_id:int}/report.csv", operation_id="keep_room_report_csv")
async def keep_room_csv(
    room_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Response[bytes]:
    """The same as one table."""
    return await _csv(await _room(room_id, actor, db), f"room-{room_id}")


@get("/rooms/{room_id:int}/report.xlsx", operation_id="keep_room_report_xlsx")
async def keep_room_xlsx(
    room_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Response[bytes]:
    """The same as a workbook."""
    return await _xlsx(await _room(room_id, actor, db), f"room-{room_id}")


@get("/gatherings/{gathering_id:int}/report", operation_id="read_gathering_report")
async def read_gathering_report(
    gathering_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> GatheringReport:
    """The record of a gathering: of all its rooms to its hosts, of those that are closed to who may read them."""
    async with db.read() as tx:
        return await records.read_gathering_record(tx, actor, GatheringId(gathering_id))


@get("/gatherings/{gathering_id:int}/report.json", operation_id="keep_gathering_report_json")
async def keep_gathering_json(
    gathering_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Response[bytes]:
    """The same as a file, without small cells."""
    return _json(await _gathering(gathering_id, actor, db), f"gathering-{gathering_id}")


@get("/gatherings/{gathering_id:int}/report.csv", operation_id="keep_gathering_report_csv")
async def keep_gathering_csv(
    gathering_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Response[bytes]:
    """The same as one table."""
    return await _csv(await _gathering(gathering_id, actor, db), f"gathering-{gathering_id}")


@get("/gatherings/{gathering_id:int}/report.xlsx", operation_id="keep_gathering_report_xlsx")
async def keep_gathering_xlsx(
    gathering_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Response[bytes]:
    """The same as a workbook."""
    return await _xlsx(await _gathering(gathering_id, actor, db), f"gathering-{gathering_id}")


async def _room(room_id: int, actor: Actor, db: Database) -> RoomReport:
    async with db.read() as tx:
        return await records.read_room_record(tx, actor, RoomId(room_id), to_keep=True)


async def _gathering(gathering_id: int, actor: Actor, db: Database) -> GatheringReport:
    async with db.read() as tx:
        return await records.read_gathering_record(tx, actor, GatheringId(gathering_id), to_keep=True)


def _json(made: RoomReport | GatheringReport, name: str) -> Response[bytes]:
    return _file(msgspec.json.format(msgspec.json.encode(made)), "application/json", f"{name}.json")


async def _csv(made: RoomReport | GatheringReport, name: str) -> Response[bytes]:
    return _file(await asyncio.to_thread(write_csv, tables_of(made)), CSV, f"{name}.csv")


async def _xlsx(made: RoomReport | GatheringReport, name: str) -> Response[bytes]:
    return _file(await asyncio.to_thread(write_xlsx, tables_of(made)), XLSX, f"{name}.xlsx")


def _file(data: bytes, kind: str, name: str) -> Response[bytes]:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(data, media_type=kind, headers=headers)


record_routes = [
    read_room_report,
    keep_room_json,
    keep_room_csv,
    keep_room_xlsx,
    read_gathering_report,
    keep_gathering_json,
    keep_gathering_csv,
    keep_gathering_xlsx,
]
