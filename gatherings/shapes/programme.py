"""What comes in and goes out of a gathering's programme."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from core.text import ONE_LINE, Line, LongText, Title

SessionState = Literal["planned", "cancelled"]

Moment = Annotated[datetime, Meta(tz=True)]
ZoneName = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9_+/-]+(?![\s\S])")]
# BCP 47 in the shapes that talks have: a language, and a script or region where it matters.
LanguageTag = Annotated[str, Meta(max_length=35, pattern=r"^([A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*)?(?![\s\S])")]
RoomNumber = Annotated[int, Meta(ge=1, le=2**63 - 1)]
SpeakerName = Annotated[str, Meta(min_length=1, max_length=120, pattern=ONE_LINE)]
MemberHandle = Annotated[str, Meta(min_length=1, max_length=60)]


class Speaker(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Who speaks; `handle` if it is somebody with an account here."""

    name: SpeakerName
    organisation: Line = ""
    handle: MemberHandle | None = None


Speakers = Annotated[list[Speaker], Meta(max_length=30)]


class NewSession(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A session to plan. A session without a room is one that everybody comes to, as a coffee break."""

    title: Title
    about: LongText = ""
    language: LanguageTag = ""
    speakers: Speakers = []
    room: RoomNumber | None = None
    starts_at: Moment
    ends_at: Moment
    time_zone: ZoneName = "UTC"


class SessionChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of a session to change. It is cancelled, never deleted: calendars that have it hear of it."""

    title: Title | UnsetType = UNSET
    about: LongText | UnsetType = UNSET
    language: LanguageTag | UnsetType = UNSET
    speakers: Speakers | UnsetType = UNSET
    room: RoomNumber | None | UnsetType = UNSET
    starts_at: Moment | UnsetType = UNSET
    ends_at: Moment | UnsetType = UNSET
    time_zone: ZoneName | UnsetType = UNSET
    state: SessionState | UnsetType = UNSET


class Session(Struct, frozen=True, kw_only=True):
    """Something on a gathering's programme."""

    id: int
    gathering: int
    room: int | None
    title: str
    about: str
    language: str
    speakers: list[Speaker]
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    state: SessionState
    version: int
    changed_at: datetime


class SessionList(Struct, frozen=True):
    """The whole programme of a gathering, in its order of time."""

    items: list[Session]
    next: str | None = None
