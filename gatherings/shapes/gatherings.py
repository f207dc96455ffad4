"""The Structs of gatherings: announcing, changing and reading them."""

from datetime import datetime
from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from core.text import Line, LongText, Slug, Title
from core.translations import Translation, Translations, local_description, local_title
from gatherings.shapes.fields import AwareTime, TimeZoneName
from gatherings.shapes.programme import Session
from gatherings.shapes.rooms import Room
from storage.event_log import Stream

GatheringKind = Literal["webinar", "conference", "workshop", "lab", "forum"]
GatheringMode = Literal["virtual", "physical", "both"]
GatheringState = Literal["announced", "cancelled"]
GatheringTime = Literal["upcoming", "past"]


class NewGathering(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A gathering to announce."""

    sector: Slug
    title: Title
    kind: GatheringKind = "webinar"
    mode: GatheringMode = "virtual"
    about: LongText = ""
    place: Line = ""
    starts_at: AwareTime
    ends_at: AwareTime
    time_zone: TimeZoneName = "UTC"


class GatheringChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The fields of a gathering to change; fields that are left out stay as they are.

    `translations` replaces all of them.
    """

    title: Title | UnsetType = UNSET
    kind: GatheringKind | UnsetType = UNSET
    mode: GatheringMode | UnsetType = UNSET
    about: LongText | UnsetType = UNSET
    translations: Translations | UnsetType = UNSET
    place: Line | UnsetType = UNSET
    starts_at: AwareTime | UnsetType = UNSET
    ends_at: AwareTime | UnsetType = UNSET
    time_zone: TimeZoneName | UnsetType = UNSET
    state: GatheringState | UnsetType = UNSET


class Gathering(Struct, frozen=True, kw_only=True):
    """A webinar, conference, workshop, lab or forum. Lists leave out `rooms`, `sessions` and `stream`."""

    id: int
    title: str
    kind: GatheringKind
    mode: GatheringMode
    sector: str
    sector_name: str
    about: str
    translations: dict[str, Translation] = {}
    place: str
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    state: GatheringState
    version: int
    rooms: list[Room] | UnsetType = UNSET
    sessions: list[Session] | UnsetType = UNSET
    stream: Stream | UnsetType = UNSET

    @property
    def local_title(self) -> str:
        """Return the title in the language of the reader."""
        return local_title(self.title, self.translations)

    @property
    def local_about(self) -> str:
        """Return the about in the language of the reader."""
        return local_description(self.about, self.translations)


class GatheringPage(Struct, frozen=True):
    """One page of gatherings; `next` is the cursor of the following page."""

    items: list[Gathering]
    next: str | None
