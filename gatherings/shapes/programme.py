"""The Structs of a gathering's programme: its sessions and their speakers."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from core.text import ONE_LINE, Line, LongText, Title
from core.translations import Translation, Translations, local_description, local_title
from gatherings.shapes.fields import AwareTime, RowId, TimeZoneName

SessionState = Literal["planned", "cancelled"]


# The part of BCP 47 that programmes use: a language, with a script or region where it matters.
LanguageTag = Annotated[str, Meta(max_length=35, pattern=r"^([A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*)?(?![\s\S])")]

SpeakerName = Annotated[str, Meta(min_length=1, max_length=120, pattern=ONE_LINE)]
MemberHandle = Annotated[str, Meta(min_length=1, max_length=60)]


class Speaker(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A speaker of a session; `handle` is set for speakers who have an account here."""

    name: SpeakerName
    organisation: Line = ""
    handle: MemberHandle | None = None


Speakers = Annotated[list[Speaker], Meta(max_length=30)]


class NewSession(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A programme session to plan. A session without a room is for everyone, such as a coffee break."""

    title: Title
    about: LongText = ""
    language: LanguageTag = ""
    speakers: Speakers = []
    room: RowId | None = None
    starts_at: AwareTime
    ends_at: AwareTime
    time_zone: TimeZoneName = "UTC"


class SessionChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The fields of a programme session to change; fields that are left out stay as they are.

    A session is cancelled, never deleted, so that calendars which contain it show the cancellation. `translations` replaces
    all of them.
    """

    title: Title | UnsetType = UNSET
    about: LongText | UnsetType = UNSET
    translations: Translations | UnsetType = UNSET
    language: LanguageTag | UnsetType = UNSET
    speakers: Speakers | UnsetType = UNSET
    room: RowId | None | UnsetType = UNSET
    starts_at: AwareTime | UnsetType = UNSET
    ends_at: AwareTime | UnsetType = UNSET
    time_zone: TimeZoneName | UnsetType = UNSET
    state: SessionState | UnsetType = UNSET


class Session(Struct, frozen=True, kw_only=True):
    """A programme session of a gathering."""

    id: int
    gathering: int
    room: int | None
    title: str
    about: str
    translations: dict[str, Translation] = {}
    language: str
    speakers: list[Speaker]
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    state: SessionState
    version: int
    changed_at: datetime

    @property
    def local_title(self) -> str:
        """Return the title in the language of the reader."""
        return local_title(self.title, self.translations)

    @property
    def local_about(self) -> str:
        """Return the about in the language of the reader."""
        return local_description(self.about, self.translations)


class SessionList(Struct, frozen=True):
    """The complete programme of a gathering, in order of time."""

    items: list[Session]
    next: str | None = None
