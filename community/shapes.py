"""Request and response structs of community pages and of the settings of the community."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from core.text import NO_CONTROLS, ONE_LINE
from core.translations import LanguageTag

CommunityPageName = Literal["rules", "privacy", "terms", "imprint"]
PageText = Annotated[str, Meta(min_length=1, max_length=20_000, pattern=NO_CONTROLS)]


class CommunityPage(Struct, frozen=True, kw_only=True):
    """A version of a community page: its Markdown and the HTML made of it, by language. `newest` is the version in force."""

    page: CommunityPageName
    version: int
    newest: int
    texts: dict[str, str]
    html: dict[str, str]
    is_announced: bool
    published_at: datetime


class CommunityPageVersion(Struct, frozen=True, kw_only=True):
    """A version of a community page, without its text."""

    page: CommunityPageName
    version: int
    is_announced: bool
    published_at: datetime


class CommunityPageList(Struct, frozen=True):
    """The newest versions of the community pages that have a text."""

    items: list[CommunityPageVersion]


class CommunityPageVersions(Struct, frozen=True):
    """All versions of a community page, the newest first."""

    items: list[CommunityPageVersion]


class CommunityPageChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The next version of a community page: Markdown by language; without any text, the page is taken down. `version` is
    the one that was changed, 0 for a new page. `is_announced` tells members of the change."""

    version: Annotated[int, Meta(ge=0, le=1_000_000)]
    texts: Annotated[dict[LanguageTag, PageText], Meta(max_length=20)]
    is_announced: bool = True


SettingName = Literal["name", "welcome", "colour"]
CommunityName = Annotated[str, Meta(min_length=2, max_length=80, pattern=ONE_LINE)]
WelcomeText = Annotated[str, Meta(min_length=1, max_length=3_000, pattern=NO_CONTROLS)]
Colour = Annotated[str, Meta(pattern=r"^#[0-9a-f]{6}(?![\s\S])", description="such as #1a6b5c")]


class CommunitySetting(Struct, frozen=True, kw_only=True):
    """A setting that was changed in the browser. `value` has `texts` by language, for the welcome text also `html`, or
    `colour`."""

    name: SettingName
    value: dict[str, Any]
    changed_at: datetime


class CommunitySettings(Struct, frozen=True, kw_only=True):
    """The settings that were changed in the browser; null is the value of the community file."""

    name: CommunitySetting | None = None
    welcome: CommunitySetting | None = None
    colour: CommunitySetting | None = None


UNCHANGED = CommunitySettings()


class NameChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The community's name by language; one is enough, and is then read in all languages."""

    texts: Annotated[dict[LanguageTag, CommunityName], Meta(min_length=1, max_length=20)]


class WelcomeChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The welcome text by language; one is enough, and is then read in all languages."""

    texts: Annotated[dict[LanguageTag, WelcomeText], Meta(min_length=1, max_length=20)]


class ColourChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The colour of links and buttons."""

    colour: Colour
