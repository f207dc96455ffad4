"""Sectors: the spaces of the community, as its data file has them."""

from collections.abc import Sequence

from sqlalchemy import bindparam, func, select

from core.errors import NotFound
from core.ids import SectorId
from forum.shapes import Sector, SectorList
from forum.tables import sectors, topics
from forum.visibility import is_for_everyone
from storage.database import Reader, Transaction
from storage.event_log import Stream, read_head
from storage.statements import statement

_life = (
    select(
        topics.c.sector_id,
        func.count().label("topics"),
        func.sum(topics.c.post_count).label("posts"),
        func.max(topics.c.last_activity_at).label("last_activity_at"),
    )
    # Counts are the same for everyone, so they count only what everyone can see.
    .where(is_for_everyone(), topics.c.kind != "entry")
    .group_by(topics.c.sector_id)
    .subquery()
)
_SECTORS = (
    select(
        *sectors.c[("id", "slug", "code", "name", "scope", "materials", "stages")],
        func.coalesce(_life.c.topics, 0).label("topics"),
        func.coalesce(_life.c.posts, 0).label("posts"),
        _life.c.last_activity_at,
    )
    .outerjoin(_life, _life.c.sector_id == sectors.c.id)
    .order_by(sectors.c.place)
)
_ALL = statement(_SECTORS)
_ONE = statement(_SECTORS.where(sectors.c.slug == bindparam("slug")))
_ID = statement(select(sectors.c.id).where(sectors.c.slug == bindparam("slug")))
_PUT = statement("""
INSERT INTO sectors (slug, code, name, scope, materials, stages, place)
VALUES (:slug, :code, :name, :scope, :materials, :stages, :place)
ON CONFLICT (slug) DO UPDATE SET code = excluded.code, name = excluded.name, scope = excluded.scope,
    materials = excluded.materials, stages = excluded.stages, place = excluded.place
""")


async def read_sectors(tx: Reader, epoch: str) -> SectorList:
    """All sectors with the life in them."""
    seq = await read_head(tx, "sectors")
    items = [Sector(**row) for row in await tx.rows(_ALL)]
    return SectorList(items, Stream("sectors", epoch, seq))


async def get_sector(tx: Reader, slug: str) -> Sector:
    """One sector with the life in it."""
    row = await tx.row(_ONE, slug=slug)
    if row is None:
        raise NotFound
    return Sector(**row)


async def get_sector_id(tx: Reader, slug: str) -> SectorId:
    """The id behind a sector's slug."""
    found = await tx.value(_ID, slug=slug)
    if found is None:
        raise NotFound
    return SectorId(found)


async def put_sectors(tx: Transaction, wanted: Sequence[Sector]) -> None:
    """Create or update the sectors of the community's data file, in the order given."""
    for place, sector in enumerate(wanted):
        await tx.run(
            _PUT,
            slug=sector.slug,
            code=sector.code,
            name=sector.name,
            scope=sector.scope,
            materials=sector.materials,
            stages=sector.stages,
            place=place,
        )
