"""What comes in and goes out about people."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from core.actor import PostOrder
from core.text import NO_CONTROLS, ONE_LINE, Country, Email, Line, LongText, Name, Password, Slug

DutyKind = Literal["administrator", "moderator", "host"]
PublicField = Literal[
    "organisation", "stakeholder_group", "country", "sectors", "stages", "materials", "languages", "about"
]
# The languages that letters are written in: there is a file of words for each.
EmailLanguage = Literal["en", "de", "fr", "es", "pt", "zh", "ar"]
Choice = Annotated[list[Slug], Meta(max_length=50)]
# One that was set before today's rules must still be recognised.
GivenPassword = Annotated[str, Meta(min_length=1, max_length=256, pattern=NO_CONTROLS)]
Token = Annotated[str, Meta(min_length=1, max_length=128)]


class Author(Struct, frozen=True):
    """Who wrote something: the face a member shows beside every contribution; the group only where it is public."""

    id: int
    handle: str
    display_name: str
    group: str | None = None


class MemberList(Struct, frozen=True):
    """Members, as they are chosen from."""

    items: list[Author]


class Taxonomies(Struct, frozen=True, kw_only=True):
    """The community's lists that profiles and rules choose from, as slugs."""

    groups: frozenset[str] = frozenset()
    sectors: frozenset[str] = frozenset()
    stages: frozenset[str] = frozenset()
    materials: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    # Their names by slug, in the order of the community's file.
    bodies: Mapping[str, str] = field(default_factory=dict)


class Committee(Struct, frozen=True):
    """A body of the community, such as a steering committee."""

    slug: str
    name: str


class CommitteeList(Struct, frozen=True):
    """All bodies."""

    items: list[Committee]
    next: str | None = None


class CommitteeMembers(Struct, frozen=True):
    """Who sits on a body."""

    items: list[Author]
    next: str | None = None


class Duty(Struct, frozen=True, kw_only=True):
    """What somebody is trusted with, and where."""

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
    """A duty of the member who asks."""

    duty: DutyKind
    sector: str | None = None
    gathering: int | None = None


class Me(Struct, frozen=True, kw_only=True):
    """A member as the member sees it: everything, public or not."""

    id: int
    handle: str
    display_name: str
    email: str | None
    is_verified: bool
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
    silenced_until: datetime | None
    version: int
    duties: list[OwnDuty] = []


class Profile(Struct, frozen=True, kw_only=True):
    """A member as everybody sees it; what the member keeps back is null, and so is what moderators have hidden. `claimed`
    is false for an author known only from an archive."""

    id: int
    handle: str
    display_name: str
    claimed: bool
    joined_at: datetime
    organisation: str | None = None
    stakeholder_group: str | None = None
    country: str | None = None
    sectors: list[str] | None = None
    stages: list[str] | None = None
    materials: list[str] | None = None
    languages: list[str] | None = None
    about: str | None = None
    is_hidden: bool = False


class Session(Struct, frozen=True, kw_only=True):
    """One signed-in browser or client; `seen_at` is exact to the hour, on purpose."""

    id: int
    user_agent: str
    started_at: datetime
    seen_at: datetime
    current: bool


class SessionList(Struct, frozen=True):
    """The member's sessions, the latest first."""

    items: list[Session]


class SignedIn(Struct, frozen=True):
    """A new session: the token that opens it, and whose it is."""

    token: str
    member: Me


class _Input(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class NewAccount(_Input, frozen=True, kw_only=True):
    """Somebody who wants to be a member."""

    handle: Name
    email: Email
    password: Password
    display_name: Name | None = None
    # Without one, what the browser asks for.
    letters_in: EmailLanguage | None = None


class NewFounder(NewAccount, frozen=True, kw_only=True):
    """The first administrator, who holds the link that the first start has printed."""

    token: Token


class SignIn(_Input, frozen=True, kw_only=True):
    """A handle or an address, and the password."""

    login: Annotated[str, Meta(min_length=1, max_length=254, pattern=ONE_LINE)]
    password: GivenPassword


class LinkToken(_Input, frozen=True, kw_only=True):
    """The token of a mailed link."""

    token: Token


class NewPassword(_Input, frozen=True, kw_only=True):
    """The password of today and the one from now on."""

    current: GivenPassword
    new: Password


class NewAddress(_Input, frozen=True, kw_only=True):
    """The address from now on, once it is proved; the password because the address opens the account."""

    email: Email
    password: GivenPassword


class ResetWanted(_Input, frozen=True, kw_only=True):
    """The address to which a link for a new password may go."""

    email: Email


class ResetPassword(_Input, frozen=True, kw_only=True):
    """The password from now on."""

    password: Password


class ProfileChange(_Input, frozen=True, kw_only=True):
    """What of the profile to change; what is absent stays as it is, null empties."""

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
