"""The community file: sectors, lists of terms and rules, of which each start stores a part in the database."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct, field

from boards.entries.entry_excerpts import entry_for_reader, entry_source_for_reader
from boards.shapes import Taxonomy, Term
from boards.taxonomies import put_taxonomies
from community.settings.settings import original_language
from community.shapes import UNCHANGED, CommunitySettings
from core.languages.names import Foreign, local, share_names, shared_name
from core.languages.texts import translatable
from core.text import Slug
from core.translations import LanguageTag
from forum import sectors
from forum.shapes import Sector
from forum.tags.groups import create_initial_tag_groups
from forum.text.prepared_posts import READINGS, Reading
from members.profiles.trust import LevelPermissions, LevelRequirements, TrustLevel, TrustRules
from members.shapes import Taxonomies
from moderation.sanctions.ladder import Ladder
from pages.shell import layout as pages
from storage.database import Transaction

# A text of the community: in one language, or by language, of which the community's first one must be there.
Texts = str | dict[LanguageTag, Annotated[str, Meta(min_length=1)]]


class _Named(Struct):
    slug: str
    name: Texts


class _Area(Struct):
    slug: str
    name: Texts
    issues: list[Texts] = []


class _SectorEntry(Struct):
    slug: str
    code: str
    name: Texts
    scope: Texts
    materials: list[str] = []
    stages: list[str] = []


class _TrustLevel(Struct, kw_only=True, forbid_unknown_fields=True):
    name: Texts
    needs: LevelRequirements | None = None
    rights: LevelPermissions = LevelPermissions()


class _TagGroup(Struct):
    name: Texts
    tags: list[Slug] = []


class Community(Struct):
    """A community as its file describes it; further keys of the file are ignored.

    Stages and materials are slugs; `terms` has their names, where the slug is not good enough.
    """

    name: Texts
    languages: list[str]
    sectors: list[_SectorEntry]
    stakeholder_groups: list[_Named]
    bodies: list[_Named] = []
    gatherings: list[dict[str, Any]] = []
    regions: list[Texts] = []
    materials: dict[str, list[str]] = {}
    impact_areas: list[_Area] = []
    case_kinds: list[_Named] = []
    case_maturity: list[Texts] = []
    levels: list[_Named] = []
    business_challenges: list[Texts] = []
    terms: dict[str, Texts] = {}
    tag_groups: list[_TagGroup] = []
    trust: list[_TrustLevel] = field(default_factory=lambda: [_TrustLevel(name="Member")])
    trust_kept_days: int = 14
    ladder: Ladder = Ladder()

    def __post_init__(self) -> None:
        """Raise ValueError if a text is not there in the community's first language."""
        for text in self._texts():
            if not isinstance(text, str) and self.language not in text:
                raise ValueError(f"The text {text} lacks the community's first language, {self.language}")

    @property
    def language(self) -> str:
        """Return the community's first language."""
        return self.languages[0] if self.languages else "en"

    def original(self, text: Texts) -> str:
        """Return a text in the community's first language."""
        return text if isinstance(text, str) else text[self.language]

    def translations(self, text: Texts) -> dict[str, str]:
        """Return a text by language, without the community's first one."""
        others = {} if isinstance(text, str) else text
        return {tag: words for tag, words in others.items() if tag != self.language}

    def local(self, text: Texts) -> str:
        """Return a text in the language of the reader, or in the community's first one."""
        return local(self.original(text), self.translations(text), self.language)

    def name_of(self, slug: str) -> Texts:
        """Return the name of a stage, a material or a group of materials."""
        return self.terms.get(slug) or _title_of(slug)

    def trust_rules(self) -> TrustRules:
        """Return the rules of trust levels."""
        levels = [
            TrustLevel(name=self.original(one.name), needs=one.needs, rights=one.rights) for one in self.trust
        ]
        names = tuple(self.translations(one.name) for one in self.trust)
        return TrustRules(tuple(levels), timedelta(days=self.trust_kept_days), names)

    def board_taxonomies(self) -> list[Taxonomy]:
        """Return the lists of terms for the fields of boards, without empty ones."""
        stages = dict.fromkeys(stage for sector in self.sectors for stage in sector.stages)
        of_stages = [self._term(stage, self.name_of(stage)) for stage in stages]
        found = [
            ("sectors", translatable("Sectors"), self._named(self.sectors)),
            ("stakeholder-groups", translatable("Stakeholder groups"), self._named(self.stakeholder_groups)),
            ("stages", translatable("Stages of the value chain"), of_stages),
            ("materials", translatable("Materials"), self._materials()),
            ("regions", translatable("Regions"), self._plain(self.regions)),
            ("impact-areas", translatable("Impact areas"), self._impact_areas()),
            ("case-kinds", translatable("Kinds of cases"), self._named(self.case_kinds)),
            ("case-maturity", translatable("Maturity"), self._plain(self.case_maturity)),
            ("levels", translatable("Levels"), self._named(self.levels)),
            (
                "business-challenges",
                translatable("Business challenges"),
                self._plain(self.business_challenges),
            ),
        ]
        return [Taxonomy(slug=slug, name=name, terms=terms) for slug, name, terms in found if terms]

    def taxonomies(self) -> Taxonomies:
        """Return the lists of terms for profiles."""
        return Taxonomies(
            groups=frozenset(group.slug for group in self.stakeholder_groups),
            sectors=frozenset(sector.slug for sector in self.sectors),
            stages=frozenset(stage for sector in self.sectors for stage in sector.stages),
            materials=frozenset(material for sector in self.sectors for material in sector.materials),
            languages=frozenset(self.languages),
            committees={body.slug: self.original(body.name) for body in self.bodies},
            group_names={group.slug: self.original(group.name) for group in self.stakeholder_groups},
            sector_names={sector.slug: self.original(sector.name) for sector in self.sectors},
        )

    def _texts(self) -> Iterator[Texts]:
        yield self.name
        for sector in self.sectors:
            yield from (sector.name, sector.scope)
        lists = (self.stakeholder_groups, self.bodies, self.case_kinds, self.levels, self.trust)
        for named in (*lists, self.tag_groups):
            yield from (one.name for one in named)
        for area in self.impact_areas:
            yield from (area.name, *area.issues)
        yield from (*self.regions, *self.case_maturity, *self.business_challenges, *self.terms.values())

    def _term(self, slug: str, name: Texts, parent: str | None = None) -> Term:
        return Term(
            slug=slug,
            name=self.original(name),
            parent=parent,
            names=self.translations(name),
            language=self.language,
        )

    def _named(self, named: Iterable[_Named | _SectorEntry]) -> list[Term]:
        return [self._term(one.slug, one.name) for one in named]

    def _plain(self, names: Iterable[Texts], parent: str | None = None) -> list[Term]:
        return [
            self._term(
                _slug_of(self.original(name)), _title_of(name) if isinstance(name, str) else name, parent
            )
            for name in names
        ]

    def _materials(self) -> list[Term]:
        found = []
        for group, slugs in self.materials.items():
            parent = _slug_of(group)
            found.append(self._term(parent, self.name_of(group)))
            found += [self._term(_slug_of(slug), self.name_of(slug), parent) for slug in slugs]
        return found

    def _impact_areas(self) -> list[Term]:
        found = []
        for area in self.impact_areas:
            found += [self._term(area.slug, area.name), *self._plain(area.issues, area.slug)]
        return found


def _slug_of(name: str) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", name.lower()))


def _title_of(name: str) -> str:
    return name if " " in name or name != name.lower() else name.replace("-", " ").capitalize()


def with_settings(community: Community, changed: CommunitySettings) -> Community:
    """Return the community with what was changed in the browser; a name in other languages is one in the first too."""
    texts: dict[str, str] = changed.name.value["texts"] if changed.name else {}
    if not texts:
        return community
    original = texts[original_language(texts, community.languages)]
    return msgspec.structs.replace(community, name={community.language: original, **texts})


def page_community(file: Community, changed: CommunitySettings = UNCHANGED) -> pages.Community:
    """Return the part of the community that all pages show, in the language of the reader."""
    community = with_settings(file, changed)
    lists = community.taxonomies()

    def named(some: Iterable[_Named | _SectorEntry]) -> tuple[tuple[str, str], ...]:
        return tuple((one.slug, community.local(one.name)) for one in some)

    def terms(slugs: Iterable[str]) -> tuple[tuple[str, str], ...]:
        return tuple((slug, community.local(community.name_of(slug))) for slug in sorted(slugs))

    return pages.Community(
        name=community.local(community.name),
        language=community.language,
        sectors=named(community.sectors),
        scopes={sector.slug: community.local(sector.scope) for sector in community.sectors},
        groups=named(community.stakeholder_groups),
        committees=named(community.bodies),
        tag_groups={community.original(one.name): community.local(one.name) for one in community.tag_groups},
        tags={tag: shared_name(tag) for group in community.tag_groups for tag in group.tags},
        stages=terms(lists.stages),
        materials=terms(lists.materials),
        languages=tuple(community.languages),
        ladder=community.ladder,
        welcome=_welcome_in(changed, community.languages),
        colour=changed.colour.value["colour"] if changed.colour else "",
    )


def _welcome_in(changed: CommunitySettings, languages: list[str]) -> Foreign | str:
    """Return the HTML of the welcome text for the reader, or ""."""
    html = changed.welcome.value["html"] if changed.welcome else {}
    original = original_language(html, languages)
    return local(html[original], html, original) if original else ""


def read_community(path: Path) -> Community:
    """Return the community of a file; raise OSError or msgspec.ValidationError."""
    return msgspec.json.decode(path.read_bytes(), type=Community)


def read_shared_community(path: Path) -> Community:
    """Return the community of a file; share its names, and how entries are translated, with the whole process."""
    community = read_community(path)
    terms = [term for one in community.board_taxonomies() for term in one.terms]
    tags = {tag for group in community.tag_groups for tag in group.tags}
    # Texts of entries name a term in English, other texts in the community's first language.
    for one in terms:
        names = {**one.names, one.language: one.name}
        share_names(dict.fromkeys((one.names.get("en", one.name), one.name), names))
    share_names({one.slug: one.names for one in terms if one.slug in tags})
    READINGS["entry"] = Reading(html=entry_for_reader, source=entry_source_for_reader)
    return community


async def put_community(tx: Transaction, community: Community, now: datetime) -> None:
    """Store the sectors, lists of terms and tag groups of the file in the database."""
    wanted = [
        Sector(
            id=0,
            slug=entry.slug,
            code=entry.code,
            name=community.original(entry.name),
            scope=community.original(entry.scope),
            materials=entry.materials,
            stages=entry.stages,
        )
        for entry in community.sectors
    ]
    await sectors.put_sectors(tx, wanted)
    await put_taxonomies(tx, community.board_taxonomies())
    await create_initial_tag_groups(
        tx, [(community.original(one.name), one.tags) for one in community.tag_groups]
    )
