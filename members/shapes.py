"""Input and output types of members."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from core.actor import PostOrder
from core.languages.languages import TAGS
from core.text import NO_CONTROLS, ONE_LINE, UNSEEN, Country, Email, Line, LongText, Name, Password, Slug

DutyKind = Literal["administrator", "moderator", "host"]
PublicField = Literal[
    "organisation", "stakeholder_group", "country", "sectors", "stages", "materials", "languages", "about"
]
# A language of pages and e-mails: one that has a catalogue.
EmailLanguage = Annotated[str, Meta(pattern=f"^({'|'.join(TAGS)})$")]
Choice = Annotated[list[Slug], Meta(max_length=50)]
# A password that was set under earlier rules must still work.
GivenPassword = Annotated[str, Meta(min_length=1, max_length=256, pattern=NO_CONTROLS, extra=UNSEEN)]
Token = Annotated[str, Meta(min_length=1, max_length=128, extra=UNSEEN)]


class Author(Struct, frozen=True):
    """The author of a contribution, with the stakeholder group if it is public, and the name of the picture
    (`/faces/PICTURE-64`) if there is one."""

    id: int
    handle: str
    display_name: str
    group: str | None = None
    picture: str | None = None


class MemberList(Struct, frozen=True):
    """A list of members."""

    items: list[Author]


class Taxonomies(Struct, frozen=True, kw_only=True):
    """The community's lists of values for profiles and rules, as slugs."""

    groups: frozenset[str] = frozenset()
    sectors: frozenset[str] = frozenset()
    stages: frozenset[str] = frozenset()
    materials: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    # The names of committees by slug, in the order of the community's file.
    committees: Mapping[str, str] = field(default_factory=dict)
    # What groups and sectors are called in the community's first language, by slug; `shared_name` translates them.
    group_names: Mapping[str, str] = field(default_factory=dict)
    sector_names: Mapping[str, str] = field(default_factory=dict)


class Committee(Struct, frozen=True):
    """A committee of the community, such as a steering committee."""

    slug: str
    name: str


class CommitteeList(Struct, frozen=True):
    """All committees."""

    items: list[Committee]
    next: str | None = None


class CommitteeMembers(Struct, frozen=True):
    """The members of a committee."""

    items: list[Author]
    next: str | None = None


class Duty(Struct, frozen=True, kw_only=True):
    """A duty (role) of a member, with its sector or gathering."""

    member: Author
    duty: DutyKind
    sector: str | None = None
    gathering: int | None = None
    granted_by: Author | None = None
    granted_at: datetime


class DutyList(Struct, frozen=True):
    """All duties: administrators first, then by sector and gathering."""

    items: list[Duty]


class OwnDuty(Struct, frozen=True):
    """A duty of the caller."""

    duty: DutyKind
    sector: str | None = None
    gathering: int | None = None


class Me(Struct, frozen=True, kw_only=True):
    """The caller with all of their own data, public or not.

    `failing_address` is an address of theirs that refused an e-mail: e-mails to it stop until an address is verified again.
    """

    id: int
    handle: str
    display_name: str
    email: str | None
    is_verified: bool
    failing_address: str | None
    organisation: str
    stakeholder_group: str | None
    country: str | None
    sectors: list[str]
    stages: list[str]
    materials: list[str]
    languages: list[str]
    letters_in: EmailLanguage | None
    post_order: PostOrder
    about: str
    public: list[str]
    joined_at: datetime
    picture: str | None
    silenced_until: datetime | None
    version: int
    duties: list[OwnDuty] = []


class Profile(Struct, frozen=True, kw_only=True):
    """Public profile with roles; unpublished and hidden fields are null. `claimed` is false for authors known from an
    archive only."""

    id: int
    handle: str
    display_name: str
    claimed: bool
    joined_at: datetime
    picture: str | None = None
    organisation: str | None = None
    stakeholder_group: str | None = None
    country: str | None = None
    sectors: list[str] | None = None
    stages: list[str] | None = None
    materials: list[str] | None = None
    languages: list[str] | None = None
    about: str | None = None
    is_hidden: bool = False
    # Without those at gatherings, which the programmes show.
    roles: list[OwnDuty] = []


class Session(Struct, frozen=True, kw_only=True):
    """A signed-in browser or client; `seen_at` is rounded to the hour so that requests cannot be matched with questions."""

    id: int
    user_agent: str
    started_at: datetime
    seen_at: datetime
    current: bool


class SessionList(Struct, frozen=True):
    """The caller's sessions, newest first."""

    items: list[Session]


class SignedIn(Struct, frozen=True):
    """A new session: its token and its member."""

    token: str
    member: Me


class _Input(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class NewAccount(_Input, frozen=True, kw_only=True):
    """An account to create."""

    handle: Name
    email: Email
    password: Password
    display_name: Name | None = None
    # Without it, the language of the Accept-Language header.
    letters_in: EmailLanguage | None = None
    # Whether the person accepts the community rules, the privacy notice and the terms; needed if there are any.
    accepted: bool = False


class NewFounder(NewAccount, frozen=True, kw_only=True):
    """The account of the first administrator, with the token of the link that the first start printed."""

    token: Token


class SignIn(_Input, frozen=True, kw_only=True):
    """A handle or e-mail address, and the password."""

    login: Annotated[str, Meta(min_length=1, max_length=254, pattern=ONE_LINE)]
    password: GivenPassword


class LinkToken(_Input, frozen=True, kw_only=True):
    """The token of an e-mailed link."""

    token: Token


class NewPassword(_Input, frozen=True, kw_only=True):
    """The current and the new password."""

    current: GivenPassword
    new: Password


class NewAddress(_Input, frozen=True, kw_only=True):
    """A new address, with the password, because the address can reset it."""

    email: Email
    password: GivenPassword


class ResetWanted(_Input, frozen=True, kw_only=True):
    """The address of an account whose password is to be reset."""

    email: Email


class ResetPassword(_Input, frozen=True, kw_only=True):
    """The new password."""

    password: Password


class ProfileChange(_Input, frozen=True, kw_only=True):
    """The fields of a profile to change; null empties a field, and absent fields stay as they are."""

    display_name: Name | UnsetType = UNSET
    organisation: Line | UnsetType = UNSET
    stakeholder_group: Slug | None | UnsetType = UNSET
    country: Country | None | UnsetType = UNSET
    sectors: Choice | UnsetType = UNSET
    stages: Choice | UnsetType = UNSET
    materials: Choice | UnsetType = UNSET
    languages: Choice | UnsetType = UNSET
    letters_in: EmailLanguage | None | UnsetType = UNSET
    post_order: PostOrder | UnsetType = UNSET
    about: LongText | UnsetType = UNSET
    public: Annotated[list[PublicField], Meta(max_length=8)] | UnsetType = UNSET
