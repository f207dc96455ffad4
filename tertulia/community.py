"""The community's data file: its sectors and lists, and what of it is put into the database at each start."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct, field

from boards.shapes import Taxonomy, Term
from boards.taxonomies import put_taxonomies
from core.text import Slug
from forum import sectors
from forum.shapes import Sector
from forum.tags.groups import create_initial_tag_groups
from members.profiles.trust import TrustLevel, TrustRules
from members.shapes import Taxonomies
from moderation.sanctions.ladder import Ladder
from pages.shell import layout as pages
from storage.database import Transaction


class _Named(Struct):
    slug: str
    name: str


class _Area(Struct):
    slug: str
    name: str
    issues: list[str] = []


class _SectorEntry(Struct):
    slug: str
    code: str
    name: str
    scope: str
    materials: list[str] = []
    stages: list[str] = []


class _TagGroup(Struct):
    name: str
    tags: list[Slug] = []


class Community(Struct):
    """A community as its file describes it; what the file has besides is for capabilities that read it themselves."""

    name: str
    languages: list[str]
    sectors: list[_SectorEntry]
    stakeholder_groups: list[_Named]
    bodies: list[_Named] = []
    gatherings: list[dict[str, Any]] = []
    regions: list[str] = []
    materials: dict[str, list[str]] = {}
    impact_areas: list[_Area] = []
    case_kinds: list[_Named] = []
    case_maturity: list[str] = []
    levels: list[_Named] = []
    business_challenges: list[str] = []
    tag_groups: list[_TagGroup] = []
    trust: list[TrustLevel] = field(default_factory=lambda: [TrustLevel(name="Member")])
    trust_kept_days: int = 14
    ladder: Ladder = Ladder()

    def trust_rules(self) -> TrustRules:
        """How far members are trusted."""
        return TrustRules(tuple(self.trust), timedelta(days=self.trust_kept_days))

    def lists(self) -> list[Taxonomy]:
        """The lists of terms that boards choose from; empty ones are left out."""
        stages = dict.fromkeys(stage for sector in self.sectors for stage in sector.stages)
        found = [
            Taxonomy(slug="sectors", name="Sectors", terms=_terms(self.sectors)),
            Taxonomy(
                slug="stakeholder-groups", name="Stakeholder groups", terms=_terms(self.stakeholder_groups)
            ),
            Taxonomy(slug="stages", name="Stages of the value chain", terms=_plain(stages)),
            Taxonomy(slug="materials", name="Materials", terms=_below(self.materials.items())),
            Taxonomy(slug="regions", name="Regions", terms=_plain(self.regions)),
            Taxonomy(slug="impact-areas", name="Impact areas", terms=_areas(self.impact_areas)),
            Taxonomy(slug="case-kinds", name="Kinds of cases", terms=_terms(self.case_kinds)),
            Taxonomy(slug="case-maturity", name="Maturity", terms=_plain(self.case_maturity)),
            Taxonomy(slug="levels", name="Levels", terms=_terms(self.levels)),
            Taxonomy(
                slug="business-challenges", name="Business challenges", terms=_plain(self.business_challenges)
            ),
        ]
        return [one for one in found if one.terms]

    def taxonomies(self) -> Taxonomies:
        """The lists that profiles choose from."""
        return Taxonomies(
            groups=frozenset(group.slug for group in self.stakeholder_groups),
            sectors=frozenset(sector.slug for sector in self.sectors),
            stages=frozenset(stage for sector in self.sectors for stage in sector.stages),
            materials=frozenset(material for sector in self.sectors for material in sector.materials),
            languages=frozenset(self.languages),
            committees={body.slug: body.name for body in self.bodies},
        )


def _terms(named: Iterable[_Named | _SectorEntry]) -> list[Term]:
    return [Term(slug=one.slug, name=one.name) for one in named]


def _plain(names: Iterable[str]) -> list[Term]:
    return [Term(slug=_slug(name), name=_words(name)) for name in names]


def _below(groups: Iterable[tuple[str, Iterable[str]]]) -> list[Term]:
    return [
        term
        for group, names in groups
        for term in (
            Term(slug=_slug(group), name=_words(group)),
            *(Term(slug=_slug(name), name=_words(name), parent=_slug(group)) for name in names),
        )
    ]


def _areas(areas: Iterable[_Area]) -> list[Term]:
    return [
        term
        for area in areas
        for term in (
            Term(slug=area.slug, name=area.name),
            *(Term(slug=_slug(issue), name=issue, parent=area.slug) for issue in area.issues),
        )
    ]


def _slug(name: str) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", name.lower()))


def _words(name: str) -> str:
    return name if " " in name or name != name.lower() else name.replace("-", " ").capitalize()


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
        ladder=community.ladder,
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
    await put_taxonomies(tx, community.lists())
    await create_initial_tag_groups(tx, [(one.name, one.tags) for one in community.tag_groups])
