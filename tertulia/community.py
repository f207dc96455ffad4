"""The community file: sectors, lists of terms and rules, of which each start stores a part in the database."""

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
    """A community as its file describes it; further keys of the file are ignored."""

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
        """Return the rules of trust levels."""
        return TrustRules(tuple(self.trust), timedelta(days=self.trust_kept_days))

    def board_taxonomies(self) -> list[Taxonomy]:
        """Return the lists of terms for the fields of boards, without empty ones."""
        stages = dict.fromkeys(stage for sector in self.sectors for stage in sector.stages)
        found = [
            Taxonomy(slug="sectors", name="Sectors", terms=_terms(self.sectors)),
            Taxonomy(
                slug="stakeholder-groups", name="Stakeholder groups", terms=_terms(self.stakeholder_groups)
            ),
            Taxonomy(slug="stages", name="Stages of the value chain", terms=_terms_of_names(stages)),
            Taxonomy(slug="materials", name="Materials", terms=_terms_of_groups(self.materials.items())),
            Taxonomy(slug="regions", name="Regions", terms=_terms_of_names(self.regions)),
            Taxonomy(slug="impact-areas", name="Impact areas", terms=_terms_of_areas(self.impact_areas)),
            Taxonomy(slug="case-kinds", name="Kinds of cases", terms=_terms(self.case_kinds)),
            Taxonomy(slug="case-maturity", name="Maturity", terms=_terms_of_names(self.case_maturity)),
            Taxonomy(slug="levels", name="Levels", terms=_terms(self.levels)),
            Taxonomy(
                slug="business-challenges",
                name="Business challenges",
                terms=_terms_of_names(self.business_challenges),
            ),
        ]
        return [one for one in found if one.terms]

    def taxonomies(self) -> Taxonomies:
        """Return the lists of terms for profiles."""
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


def _terms_of_names(names: Iterable[str]) -> list[Term]:
    return [Term(slug=_slug_of(name), name=_title_of(name)) for name in names]


def _terms_of_groups(groups: Iterable[tuple[str, Iterable[str]]]) -> list[Term]:
    return [
        term
        for group, names in groups
        for term in (
            Term(slug=_slug_of(group), name=_title_of(group)),
            *(Term(slug=_slug_of(name), name=_title_of(name), parent=_slug_of(group)) for name in names),
        )
    ]


def _terms_of_areas(areas: Iterable[_Area]) -> list[Term]:
    return [
        term
        for area in areas
        for term in (
            Term(slug=area.slug, name=area.name),
            *(Term(slug=_slug_of(issue), name=issue, parent=area.slug) for issue in area.issues),
        )
    ]


def _slug_of(name: str) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", name.lower()))


def _title_of(name: str) -> str:
    return name if " " in name or name != name.lower() else name.replace("-", " ").capitalize()


def page_community(community: Community) -> pages.Community:
    """Return the part of the community that all pages show."""
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
    """Return the community of a file; raise OSError or msgspec.ValidationError."""
    return msgspec.json.decode(path.read_bytes(), type=Community)


async def put_community(tx: Transaction, community: Community, now: datetime) -> None:
    """Store the sectors, lists of terms and tag groups of the file in the database."""
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
    await put_taxonomies(tx, community.board_taxonomies())
    await create_initial_tag_groups(tx, [(one.name, one.tags) for one in community.tag_groups])
