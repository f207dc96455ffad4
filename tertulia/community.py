"""The community's data file: its sectors and lists, and what of it is put into the database at each start."""

from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from forum import sectors
from forum.shapes import Sector
from members.shapes import Taxonomies
from pages import frame as pages
from storage.database import Transaction


class _Named(Struct):
    slug: str
    name: str


class _SectorEntry(Struct):
    slug: str
    code: str
    name: str
    scope: str
    materials: list[str] = []
    stages: list[str] = []


class Community(Struct):
    """A community as its file describes it; what the file has besides is for capabilities that read it themselves."""

    name: str
    languages: list[str]
    sectors: list[_SectorEntry]
    stakeholder_groups: list[_Named]
    bodies: list[_Named] = []
    gatherings: list[dict[str, Any]] = []

    def taxonomies(self) -> Taxonomies:
        """The lists that profiles choose from."""
        return Taxonomies(
            groups=frozenset(group.slug for group in self.stakeholder_groups),
            sectors=frozenset(sector.slug for sector in self.sectors),
            stages=frozenset(stage for sector in self.sectors for stage in sector.stages),
            materials=frozenset(material for sector in self.sectors for material in sector.materials),
            languages=frozenset(self.languages),
            bodies={body.slug: body.name for body in self.bodies},
        )


def page_community(community: Community) -> pages.Community:
    """What of the community all pages show."""
    lists = community.taxonomies()
    return pages.Community(
        name=community.name,
        sectors=tuple((sector.slug, sector.name) for sector in community.sectors),
        groups=tuple((group.slug, group.name) for group in community.stakeholder_groups),
        stages=tuple(sorted(lists.stages)),
        materials=tuple(sorted(lists.materials)),
        languages=tuple(community.languages),
    )


def read_community(path: Path) -> Community:
    """The community of a data file; raises OSError or msgspec.ValidationError."""
    return msgspec.json.decode(path.read_bytes(), type=Community)


async def put_community(tx: Transaction, community: Community, now: datetime) -> None:
    """Bring the database's sectors to what the file says; nothing else is touched."""
    wanted = [
        Sector(
            id=0,
            slug=entry.slug,
            code=entry.code,
            name=entry.name,
            scope=entry.scope,
            materials=entry.materials,
            stages=entry.stages,
        )
        for entry in community.sectors
    ]
    await sectors.put_sectors(tx, wanted)
