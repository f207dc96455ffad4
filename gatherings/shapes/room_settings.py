"""What comes in and goes out of planning rooms and setting their rules."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from core.text import PostBody, Slug, Title
from members.shapes import Author

RoomModule = Literal["questions", "board", "polls", "reactions"]
RoomEntry = Literal["everyone", "members", "invited", "body"]
RoomWriters = Literal["all", "panel"]

LONGEST_QUESTION = 2_000

Modules = Annotated[list[RoomModule], Meta(max_length=8)]


class NewRules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rules of a room as its host sets them. What is not given stays as it is, and in a new room as it is in most."""

    entry: RoomEntry | UnsetType = UNSET
    body: Slug | None | UnsetType = UNSET
    writers: RoomWriters | UnsetType = UNSET
    premoderated: bool | UnsetType = UNSET
    anonymous: bool | UnsetType = UNSET
    slow_seconds: Annotated[int, Meta(ge=0, le=3600)] | UnsetType = UNSET
    question_length: Annotated[int, Meta(ge=50, le=LONGEST_QUESTION)] | UnsetType = UNSET
    publishes_choices: bool | UnsetType = UNSET


class NewRoom(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A room to plan: its title, the text that opens its topic, what is on in it, and its rules."""

    title: Title
    body: PostBody | None = None
    modules: Modules = field(default_factory=lambda: ["questions"])
    rules: NewRules = NewRules()


class RoomChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of a room to change."""

    title: Title | UnsetType = UNSET
    modules: Modules | UnsetType = UNSET
    rules: NewRules = NewRules()


class RoomRules(Struct, frozen=True, kw_only=True):
    """What goes in a room. `entry`: who comes in (`body`: whose members, if it is those of a body). `writers`: all who
    come in, or the panel and the hosts. `premoderated`: hosts approve first. `slow_seconds`: between two writings."""

    anonymous: bool
    entry: RoomEntry = "everyone"
    body: str | None = None
    writers: RoomWriters = "all"
    premoderated: bool = False
    slow_seconds: int = 0
    question_length: int = LONGEST_QUESTION
    publishes_choices: bool = False


class PeopleOfRoom(Struct, frozen=True):
    """Who is invited to a room, or sits on its panel."""

    items: list[Author]
    next: str | None = None
