"""HTTP routes of sectors."""

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from forum import sectors
from forum.shapes import Sector, SectorList
from storage.database import Database


@get("/sectors", operation_id="read_sectors")
async def read_sectors(db: NamedDependency[Database]) -> SectorList:
    """Return all sectors with their numbers of topics and posts and the time of their latest activity."""
    async with db.read() as tx:
        return await sectors.read_sectors(tx, db.epoch)


@get("/sectors/{slug:str}", operation_id="read_sector")
async def read_sector(slug: FromPath[str], db: NamedDependency[Database]) -> Sector:
    """Return one sector."""
    async with db.read() as tx:
        return await sectors.get_sector(tx, slug)


sector_routes = [read_sectors, read_sector]
