"""The layout: the values that every page shows around its main column."""

import re
from collections.abc import Iterable, Sequence

from markupsafe import Markup, escape
from msgspec import Struct

from core import clock
from core.actor import VISITOR, Actor
from core.languages.languages import ENGLISH, Direction, Language, is_foreign, languages
from core.languages.texts import translatable
from forum.shapes import Sector
from moderation.sanctions.ladder import Ladder
from pages.shell.appearance.appearance import Appearance
from pages.shell.language_names import text_languages

# The messages shown after a redirect, by the value of `done` in the URL.
DONE_MESSAGES = {
    "profile": translatable("Your profile is saved."),
    "password": translatable("Your password is changed. All other sessions have ended."),
    "address": translatable("We have sent a link to the new address. Open it to confirm the change."),
    "verification": translatable("We have sent the link again."),
    "session": translatable("The session has ended."),
    "sessions": translatable("You are signed out everywhere else."),
    "signed-out": translatable("You are signed out."),
    "reset": translatable("If a member has this e-mail address, we have sent a link to it."),
    "new-password": translatable("Your password is set. Sign in with it."),
    "verified": translatable("Your e-mail address is confirmed. You can write now."),
    "deletion": translatable("Your account will be deleted. We have sent you an e-mail."),
    "account-kept": translatable("You keep your account."),
    "welcome": translatable("Welcome. We have sent a link to your e-mail address. Open it to start writing."),
    "lane-opened": translatable("The lane is open for an hour. Give its link to the people in the hall."),
    "lane-closed": translatable("The lane is closed."),
    "granted": translatable("The role is assigned."),
    "revoked": translatable("The role is revoked."),
    "account-verified": translatable("The address is confirmed."),
    "account-signed-out": translatable("The member is signed out everywhere."),
    "account-password": translatable("We have sent the member a link for a new password."),
    "account-suspended": translatable("The member is suspended. The decision with its reasons was sent."),
    "account-leaves": translatable(
        "The account will be deleted in seven days. The member was sent an e-mail."
    ),
    "account-stays": translatable("The account stays."),
    "account-merged": translatable("The posts have their author now."),
    "setting-reset": translatable("The value of the community file is used again."),
    "published": translatable("The new version is published."),
    "room": translatable("The settings are saved."),
    "people": translatable("The change is saved and takes effect immediately."),
    "programme": translatable("The programme is saved."),
    "asked": translatable("Your question was sent."),
    "answered": translatable("Your answer is saved. You can change it while the poll is open."),
    "taken-back": translatable("Your answer was withdrawn."),
    "posted": translatable("Your notice is on the noticeboard."),
    "added": translatable("Your entry is in the stock-take."),
    "saved": translatable("Your changes are saved."),
    "kept": translatable("Your draft is saved."),
    "bookmarked": translatable("Your bookmark is saved."),
    "bookmark-removed": translatable("Your bookmark is removed."),
    "withdrawn": translatable("Your post is withdrawn. You can restore it."),
    "taken-back-post": translatable("Your post is withdrawn. Only moderators have seen it."),
}


# What the community pages are called.
COMMUNITY_PAGES = {
    "rules": translatable("Community rules"),
    "privacy": translatable("Privacy"),
    "terms": translatable("Terms of use"),
    "imprint": translatable("Imprint"),
}
_BRACKET = re.compile(r" \(|（")


class Community(Struct, frozen=True, kw_only=True):
    """The parts of the community file that pages show, in one language: names, sectors in order, and taxonomies."""

    name: str
    language: str = "en"
    """The community's first language."""
    sectors: tuple[tuple[str, str], ...] = ()
    scopes: dict[str, str] = {}
    groups: tuple[tuple[str, str], ...] = ()
    committees: tuple[tuple[str, str], ...] = ()
    tag_groups: dict[str, str] = {}
    """What groups of tags are called, by the name that the file gives them first; a group can be renamed."""
    tags: dict[str, str] = {}
    """What tags of the file are called for readers of another language than the community's first one, by their name."""
    stages: tuple[tuple[str, str], ...] = ()
    materials: tuple[tuple[str, str], ...] = ()
    languages: tuple[str, ...] = ()
    ladder: Ladder = Ladder()
    welcome: str = ""
    """What visitors read on the home page, as HTML, if it was written in the browser."""
    colour: str = ""
    """The colour of links and buttons, such as `#1a6b5c`, if it was changed in the browser."""

    def hue(self, slug: str) -> str:
        """Return the CSS class with the colour of a sector, chosen by its position among the sectors."""
        for position, (known, _) in enumerate(self.sectors):
            if known == slug:
                return f"hue-{position % 8}"
        return "hue-7"

    def short_groups(self) -> dict[str, str]:
        """Return the short name of each stakeholder group, without the part in brackets, as escaped HTML."""
        return {slug: str(escape(short_name(name))) for slug, name in self.groups}


def typed_tag(name: str) -> str:
    """Return the name of a tag as it is typed: in small letters, with hyphens for blanks."""
    return "-".join(name.lower().split())


def short_name(name: str) -> str:
    """Return the name of a stakeholder group without the part in brackets, which are wide ones in Chinese."""
    return _BRACKET.split(name)[0]


class Demonstration(Struct, frozen=True):
    """How to look around in a demonstration: some of its people, by handle and role, and the password of all."""

    people: tuple[tuple[str, str], ...]
    password: str


class Frame(Struct, kw_only=True):
    """The viewer, the path of the page, and the prefix of the static files."""

    community_facts: Community
    assets: str
    appearance: Appearance = Appearance()
    """The theme and the size of text."""
    spoken: Language = ENGLISH
    """The language of the page."""
    viewer: Actor = VISITOR
    path: str = "/"
    here: str = "/"
    """The path to which the choice of a language returns."""
    address: str = ""
    """The public address of what visitors can read, without the language: search engines get it in each language."""
    names_language: bool = False
    """Whether the address that was asked for names the language."""
    said: str = ""
    banner: str = ""
    """What an operator says to everybody while nobody can write."""
    demonstration: Demonstration | None = None
    """Whether the community is invented, which every page says."""
    community_pages: Sequence[tuple[str, str]] = ()
    """The addresses and names of the community pages in force."""
    rail: Markup = Markup()
    """The navigation rail, rendered."""
    bottom: Markup = Markup()
    """The bottom navigation bar of phones, rendered."""
    foot: Markup = Markup()
    """The foot of the page, rendered."""

    def bottom_with(self, address: str, icon: Markup, word: str) -> Markup:
        """Return the bottom bar of phones with something more to press at its end, which belongs to the page."""
        more = Markup('<a href="{}">{}<span>{}</span></a>').format(address, icon, word)
        return self.bottom.replace(Markup("</nav>"), more + Markup("</nav>"))

    @property
    def community(self) -> str:
        """Return the community's name."""
        return self.community_facts.name

    @property
    def colour_address(self) -> str:
        """Return the address of the style sheet of the community's colour, or "" if it has none."""
        code = f".{self.appearance.theme}" if self.appearance.theme != "system" else ""
        return f"/colour/{self.community_facts.colour[1:]}{code}.css" if self.community_facts.colour else ""

    @property
    def language(self) -> str:
        """Return the language of the page, as the attribute `lang` says it."""
        return self.spoken.lang

    @property
    def direction(self) -> Direction:
        """Return the direction of the page."""
        return self.spoken.direction

    @property
    def languages(self) -> tuple[Language, ...]:
        """Return the languages to choose from, or none if the interface speaks only one."""
        spoken = tuple(languages().values())
        return spoken if len(spoken) > 1 else ()

    def lang(self, tag: str | None) -> Markup:
        """Return the attribute `lang` for a text in this language, if that is not the language of the page."""
        return Markup(' lang="{}"').format(tag) if is_foreign(tag, self.spoken) else Markup()

    @property
    def text_languages(self) -> list[tuple[str, str]]:
        """Return the languages that the viewer may write in, by tag and name."""
        return text_languages(self.viewer, self.spoken.tag, self.community_facts.languages)

    @property
    def sectors(self) -> tuple[tuple[str, str], ...]:
        """Return the slug and the name of each sector."""
        return self.community_facts.sectors

    def sector_name(self, slug: str, otherwise: str) -> str:
        """Return the name of a sector for the reader; the stored name if the community file has it no longer."""
        return next((name for known, name in self.sectors if known == slug), otherwise)

    def sector_step(self, slug: str, otherwise: str) -> tuple[str, str, str]:
        """Return the step of the breadcrumbs that leads to a sector."""
        return (f"/s/{slug}", self.sector_name(slug, otherwise), self.hue(slug))

    def sector_scope(self, sector: Sector) -> str:
        """Return the scope of a sector for the reader."""
        return self.community_facts.scopes.get(sector.slug, sector.scope)

    def tag_group(self, name: str) -> str:
        """Return the name of a group of tags for the reader; a name that moderators gave it as it is."""
        return self.community_facts.tag_groups.get(name, name)

    def tag(self, name: str) -> str:
        """Return the name of a tag for the reader; a tag that members made as it is."""
        return self.community_facts.tags.get(name, name)

    def typed_tag(self, name: str) -> str:
        """Return a tag as the reader types it."""
        return typed_tag(self.tag(name))

    def terms(self, slugs: Iterable[str]) -> list[str]:
        """Return the names of stages and materials for the reader; a slug in words if the file has it no longer."""
        known = dict((*self.community_facts.stages, *self.community_facts.materials))
        return [known.get(slug) or slug.replace("-", " ") for slug in slugs]

    @property
    def has_duties(self) -> bool:
        """Return whether the viewer can open the page of roles."""
        return self.viewer.is_administrator

    @property
    def uses_queue(self) -> bool:
        """Return whether the viewer has a role that uses the moderation queue."""
        viewer = self.viewer
        return bool(viewer.moderates or viewer.hosts or viewer.is_administrator)

    @property
    def sanctioned(self) -> bool:
        """Return whether a sanction against the viewer is in force that every page shows."""
        viewer = self.viewer
        silenced = viewer.silenced_until is not None and clock.now() < viewer.silenced_until
        return silenced or viewer.suspended_until is not None or bool(viewer.barred)

    def current(self, address: str) -> Markup:
        """Return the attribute that marks a link as the current page, or nothing."""
        return Markup(' aria-current="page"') if self.path == address else Markup()

    def hue(self, slug: str) -> str:
        """Return the CSS class with the colour of a sector."""
        return self.community_facts.hue(slug)
