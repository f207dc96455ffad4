"""The Structs of rooms: planning them, changing their settings, opening, closing and reading them."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from core.text import PostBody, Slug, Title
from core.translations import TitleTranslation, TitleTranslations, local_title
from gatherings.shapes.fields import Version
from gatherings.shapes.notices import Column
from gatherings.shapes.polls import Poll
from gatherings.shapes.questions import QUESTION_LENGTH, Counts, Question, QuestionPage
from members.shapes import Author
from storage.event_log import Stream

RoomModule = Literal["questions", "board", "polls", "reactions"]
RoomEntry = Literal["everyone", "members", "invited", "body"]
RoomWriters = Literal["all", "panel"]
RoomState = Literal["planned", "open", "closed"]

Modules = Annotated[list[RoomModule], Meta(max_length=8)]


class NewRules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rules of a room that a host sets. Rules that are left out keep their value; a new room has the defaults."""

    entry: RoomEntry | UnsetType = UNSET
    body: Slug | None | UnsetType = UNSET
    writers: RoomWriters | UnsetType = UNSET
    premoderated: bool | UnsetType = UNSET
    anonymous: bool | UnsetType = UNSET
    slow_seconds: Annotated[int, Meta(ge=0, le=3600)] | UnsetType = UNSET
    question_length: Annotated[int, Meta(ge=50, le=QUESTION_LENGTH)] | UnsetType = UNSET
    publishes_choices: bool | UnsetType = UNSET


class NewRoom(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A room to plan: its title, the first post of its topic (`body`), its modules and its rules."""

    title: Title
    body: PostBody | None = None
    modules: Modules = field(default_factory=lambda: ["questions"])
    rules: NewRules = NewRules()


class RoomChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The settings of a room to change; settings that are left out stay as they are, `translations` replaces all of them."""

    title: Title | UnsetType = UNSET
    translations: TitleTranslations | UnsetType = UNSET
    modules: Modules | UnsetType = UNSET
    rules: NewRules = NewRules()


class RoomMove(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The new state of a room; `version`, if given, must be the current one."""

    state: RoomState
    version: Version | None = None


class RoomRules(Struct, frozen=True, kw_only=True):
    """The rules of a room.

    `entry`: who can enter; with `body`, the members of the committee whose slug is in `body`. `writers`: everyone who
    can enter, or only the panel and the hosts. `premoderated`: hosts approve questions and notices before they are
    published. `slow_seconds`: the minimum time between two posts of one member. `publishes_choices`: everyone can read
    the outcomes of the questions once the room is closed.
    """

    anonymous: bool
    entry: RoomEntry = "everyone"
    body: str | None = None
    writers: RoomWriters = "all"
    premoderated: bool = False
    slow_seconds: int = 0
    question_length: int = QUESTION_LENGTH
    publishes_choices: bool = False


class Room(Struct, frozen=True, kw_only=True):
    """A live space of a gathering.

    `here` is the number of people in the room now; the signal `presence` on the room's channel updates it. Lists leave
    out everything after `version`.
    """

    id: int
    gathering: int
    topic: int
    sector: str
    title: str
    translations: dict[str, TitleTranslation] = {}
    state: RoomState
    modules: list[str]
    rules: RoomRules
    version: int
    here: int | UnsetType = UNSET
    counts: Counts | UnsetType = UNSET
    stage: Question | None | UnsetType = UNSET
    questions: QuestionPage | UnsetType = UNSET
    columns: list[Column] | UnsetType = UNSET
    polls: list[Poll] | UnsetType = UNSET
    stream: Stream | UnsetType = UNSET

    @property
    def local_title(self) -> str:
        """Return the title in the language of the reader."""
        return local_title(self.title, self.translations)


class RoomList(Struct, frozen=True):
    """All rooms of a gathering, in the order in which they were planned."""

    items: list[Room]
    next: str | None = None


class PeopleOfRoom(Struct, frozen=True):
    """The members who are invited to a room, or who are on its panel."""

    items: list[Author]
    next: str | None = None
