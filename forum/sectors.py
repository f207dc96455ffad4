"""Sectors: the spaces of the community, as defined in its data file."""

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

_activity = (
    select(
        topics.c.sector_id,
        func.count().label("topics"),
        func.sum(topics.c.post_count).label("posts"),
        func.max(topics.c.last_activity_at).label("last_activity_at"),
    )
    # The counts are the same for every viewer, so they include only topics that everyone can read.
    .where(is_for_everyone(), topics.c.kind != "entry")
    .group_by(topics.c.sector_id)
    .subquery()
)
_sectors = (
    select(
        *sectors.c[("id", "slug", "code", "name", "scope", "materials", "stages")],
        func.coalesce(_activity.c.topics, 0).label("topics"),
        func.coalesce(_activity.c.posts, 0).label("posts"),
        _activity.c.last_activity_at,
    )
    .outerjoin(_activity, _activity.c.sector_id == sectors.c.id)
    .order_by(sectors.c.place)
)
_SELECT_SECTORS = statement(_sectors)
_SELECT_SECTOR = statement(_sectors.where(sectors.c.slug == bindparam("slug")))
_SELECT_SECTOR_ID = statement(select(sectors.c.id).where(sectors.c.slug == bindparam("slug")))
_UPSERT_SECTOR = statement("""
INSERT INTO sectors (slug, code, name, scope, materials, stages, place)
VALUES (:slug, :code, :name, :scope, :materials, :stages, :place)
ON CONFLICT (slug) DO UPDATE SET code = excluded.code, name = excluded.name, scope = excluded.scope,
    materials = excluded.materials, stages = excluded.stages, place = excluded.place
""")


async def read_sectors(tx: Reader, epoch: str) -> SectorList:
    """Return all sectors in their order, with counts of topics and posts that everyone can read."""
    seq = await read_head(tx, "sectors")
    items = [Sector(**row) for row in await tx.rows(_SELECT_SECTORS)]
    return SectorList(items, Stream("sectors", epoch, seq))


async def get_sector(tx: Reader, slug: str) -> Sector:
    """Return one sector with its counts of topics and posts; raise NotFound."""
    row = await tx.row(_SELECT_SECTOR, slug=slug)
    if row is None:
        raise NotFound
    return Sector(**row)


async def get_sector_id(tx: Reader, slug: str) -> SectorId:
    """Return the id of the sector with this slug; raise NotFound."""
    found = await tx.value(_SELECT_SECTOR_ID, slug=slug)
    if found is None:
        raise NotFound
    return SectorId(found)


async def put_sectors(tx: Transaction, wanted: Sequence[Sector]) -> None:
    """Insert or update the sectors of the community's data file, in the given order."""
    for position, sector in enumerate(wanted):
        await tx.run(
            _UPSERT_SECTOR,
            slug=sector.slug,
            code=sector.code,
            name=sector.name,
            scope=sector.scope,
            materials=sector.materials,
            stages=sector.stages,
            place=position,
        )
